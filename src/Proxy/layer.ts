import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as SocketServer from "effect/socket/SocketServer"
import { Arg } from "../Codec/index.ts"
import { make, Request } from "../Interface/index.ts"
import { expectOptions } from "../Message/index.ts"
import * as Server from "../Server/index.ts"
import type { Site } from "../Site/index.ts"
import { bothGuards } from "./DemandedReadings.ts"
import type { ProxyOptions, ProxyRefused } from "./options.ts"
import { serveSite } from "./serveSite.ts"
import { withheldOn } from "./withheldOn.ts"

/**
 * The request for the destination of a name: an inform for each sensor and request that has the name.
 *
 * @category requests
 * @since 0.1.0
 */
export const ProxyCheck = Request.make("proxy-check", {
  doc: "Return the origin of a name of this proxy, its rule, and if you may use it.",
  args: { name: Arg.Text },
  informs: {
    kind: Arg.Discrete("sensor", "request"),
    origin: Arg.Text,
    rule: Arg.Text,
    strategy: Arg.Text,
    allowed: Arg.Boolean
  },
  reply: { count: Arg.Int },
  role: "read"
})

/**
 * Serves the provided site as one KATCP device, on the provided `SocketServer`. A sensor is served as `device.sensor`,
 * and a request in `requests` as `?device-request`. There is one connection to each device and one subscription to each
 * sensor, for any number of clients. Values are passed on byte for byte; if a client speaks another version than the
 * device, times are converted.
 *
 * The standard requests are the proxy's own, and it has its own sensors: `device-status`, the worst of all devices;
 * `proxy.path`, to detect loops; `proxy.clients`, `proxy.conflicts`, `proxy.loops`; and for each device
 * `proxy.m000.connected`, `synced`, `lag`, `updates`, `skipped` and `requests`. If `Figures` are provided, it has those
 * of the other parts of the process too, such as `archive.ok`.
 *
 * The loss of a device makes its sensors `unreachable`, and no others. They keep their last values; a string of more
 * than 100 bytes becomes empty, to keep the cost of a loss low for clients. A request in flight fails when its device
 * is lost, and is never repeated.
 *
 * Fails with `ProxyRefused` if two sensors or requests would have the same name, if a device is called `proxy`, or if a
 * rule is malformed. If names collide later, the first one keeps the name, and the sensor `proxy.conflicts` reports it.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { NodeClient, NodeServer } from "katcp/Node"
 * import { Proxy } from "katcp/Proxy"
 * import { Allow, Site } from "katcp/Site"
 *
 * const site = Site.layer({
 *   devices: {
 *     m000: NodeClient.tcp({ host: "10.0.0.1", port: 7147 }),
 *     m001: NodeClient.tcp({ host: "10.0.0.2", port: 7147 })
 *   }
 * })
 *
 * export const main = Proxy.layer({ requests: Allow.only("*\/track") }).pipe(
 *   Layer.provide([site, NodeServer.tcp({ port: 7148 })])
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: ProxyOptions = {}
): Layer.Layer<Server.Server, ProxyRefused | SocketServer.SocketServerError, Site | SocketServer.SocketServer> => {
  expectOptions("Proxy.layer", options)
  return Layer.suspend(() => build(options))
}

const build = (options: ProxyOptions): ReturnType<typeof layer> => {
  let guard: Server.Guard | undefined
  const device = make(options.name ?? "proxy").add(ProxyCheck)
  const live = device.toLayer(
    Effect.gen(function* () {
      const served = yield* serveSite(options, yield* device.sensorSet, yield* device.requestSet)
      guard = served.guard
      return {
        "proxy-check": ({ name }, { client, inform }) =>
          Effect.sync(() => {
            const found = served.lookUp(name, client.role)
            for (const one of found) inform(one)
            return { count: found.length }
          })
      }
    })
  )
  /** Sets `proxy.clients`. */
  const count = Effect.gen(function* () {
    const { clients } = yield* Server.Server
    const sensor = (yield* device.sensorSet).get("proxy.clients")!
    const clock = yield* Clock.Clock
    return yield* Effect.sync(() => {
      if (sensor.value !== clients.size || sensor.status !== "nominal")
        sensor.setUnsafe(clients.size, "nominal", clock.currentTimeMillisUnsafe() / 1000)
    }).pipe(Effect.delay(options.figuresEvery ?? "1 second"), Effect.forever)
  })
  // the server is built when the site is served
  const served = Layer.suspend(() => {
    const { audit, guard: own } = options.server ?? {}
    const both = guard === undefined ? own : bothGuards(own, guard)
    return Server.layer(device, {
      ...options.server,
      audit: audit === false ? false : { ...audit, withhold: withheldOn(options) },
      guard: both,
      services: [count]
    })
  })
  return served.pipe(Layer.provide(live))
}
