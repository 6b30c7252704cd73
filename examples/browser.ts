/**
 * A web page that talks KATCP with the example device, through a gateway. Start the device with `npm start`, then `node
 * examples/browser.ts [DEVICE-PORT] [PORT]`, and open the printed address.
 */

import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import { Gateway } from "katcp/Gateway"
import { NodeClient } from "katcp/Node"
import { Allow, Http, Site } from "katcp/Site"
import { listenHttp } from "katcp/Site/node"
import { bundle } from "./browser/bundle.ts"

const [devicePort = "5000", port = "8080"] = process.argv.slice(2)
const { bytes, files } = await bundle()

const site = Site.layer({ devices: { example: NodeClient.tcp({ host: "127.0.0.1", port: Number(devicePort) }) } })
const gateway = Gateway.layer({ requests: Allow.only("example/add"), katcp: true, page: files })

const main = Effect.gen(function* () {
  const url = yield* listenHttp({ port: Number(port) })
  yield* Console.log(`open ${url} (the script has ${bytes} bytes, compressed)`)
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(gateway.pipe(Layer.provide(site), Layer.provideMerge(Http.layer))))

NodeRuntime.runMain(main)
