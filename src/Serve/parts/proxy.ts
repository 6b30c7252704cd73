import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { causeOf } from "../../Message/index.ts"
import { NodeServer } from "../../Node/index.ts"
import { Proxy } from "../../Proxy/index.ts"
import { Server } from "../../Server/index.ts"
import { Health, isLoopback, ListenFailed, placeToListen } from "../../Site/index.ts"
import { type Part, portPlaces } from "../Part.ts"

/** Serves the site as one KATCP device, at an address of its own. */
export const proxyPart: Part = {
  key: "proxy",
  site: "fleet",
  places: ({ data }) => portPlaces(data.proxy!.listen),
  faults: ({ data }) => {
    // the database of a fleet has the devices
    const devices = data.fleet?.database === undefined ? Object.keys(data.devices) : undefined
    const found = Proxy.refusalOf(Proxy.optionsOf(data.proxy!), devices)
    return found === undefined ? [] : [{ path: ["proxy", ...found.at].join("."), message: found.message }]
  },
  open: ({ data: { proxy } }) =>
    Effect.gen(function* () {
      const { host, port } = placeToListen(proxy!.listen)!
      const listening = yield* Layer.build(NodeServer.tcp({ host, port })).pipe(
        Effect.mapError((error) => {
          const at = `${host.includes(":") ? `[${host}]` : host}:${port}`
          return new ListenFailed({ at, message: `proxy: cannot listen on ${at}: ${causeOf(error)}` })
        })
      )
      const start = Effect.gen(function* () {
        const served = Proxy.layer(Proxy.optionsOf(proxy!)).pipe(Layer.provide(Layer.succeedContext(listening)))
        const { address, clients } = Context.get(yield* Layer.build(served), Server)
        const at = NetAddress.isInetAddress(address) ? NetAddress.formatInet(address) : host
        const { add } = yield* Health
        yield* add(
          "proxy",
          Effect.sync(() => ({ status: "ok", details: { listen: at, clients: clients.size } }) as const)
        )
        yield* Effect.logInfo(`proxy: listening on ${at}`)
        if (proxy!.access === undefined && !isLoopback(host))
          yield* Effect.logWarning(
            `proxy: insecure: anyone who reaches ${at} has the role control; change this with access rules`
          )
      })
      return { start }
    })
}
