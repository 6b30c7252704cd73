/**
 * The heap of a proxied sensor: `node --expose-gc proxy.ts PORT SENSORS` (see README.md in bench/). It builds a site of
 * one device and a proxy of it in this process, waits until the proxy serves all sensors, and prints a line.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NodeClient, NodeServer } from "katcp/Node"
import { Proxy } from "katcp/Proxy"
import { Site } from "katcp/Site"

const [port = "0", count = "0"] = process.argv.slice(2)

const used = (): number => {
  for (let n = 0; n < 5; n++) globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

const serve = (device: number) =>
  Effect.gen(function* () {
    const site = yield* Site.make({ devices: { m000: NodeClient.tcp({ host: "127.0.0.1", port: device }) } })
    const layer = Proxy.layer().pipe(Layer.provide([Layer.succeed(Site, site), NodeServer.tcp({ port: 0 })]))
    yield* Layer.build(Layer.fresh(layer))
    yield* site.synced
    return site
  })

await Effect.runPromise(
  Effect.gen(function* () {
    const before = used()
    const { table } = yield* serve(Number(port))
    // the proxy adds sensors in parts, after the site
    yield* Effect.sleep("2 seconds")
    console.log(JSON.stringify({ scenario: "memory", n: table.size, bytes: (used() - before) / Number(count) }))
  }).pipe(Effect.scoped)
)
