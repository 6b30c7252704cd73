import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { causeOf } from "../../Message/index.ts"
import { NodeServer } from "../../Node/index.ts"
import { Proxy } from "../../Proxy/index.ts"
import { Server } from "../../Server/index.ts"
import { isLoopback, ListenFailed, placeToListen } from "../../Site/index.ts"
import type { Part } from "../Part.ts"

/** Serves the site as one KATCP device, at an address of its own. */
export const proxyPart: Part = {
  key: "proxy",
  site: "fleet",
  layer: ({ proxy }) => {
    const { host, port } = placeToListen(proxy!.listen)!
    const isOpen = proxy!.access === undefined && !isLoopback(host)
    const told = Effect.flatMap(Server, ({ address }) => {
      const at = NetAddress.isInetAddress(address) ? NetAddress.formatInet(address) : host
      return Effect.andThen(
        Effect.logInfo(`proxy: listening on ${at}`),
        isOpen
          ? Effect.logWarning(
              `proxy: insecure: anyone who reaches ${at} has the role control; change this with access rules`
            )
          : Effect.void
      )
    })
    return Layer.effectDiscard(told).pipe(
      Layer.provide(Proxy.layer(Proxy.optionsOf(proxy!))),
      Layer.provide(
        Layer.catchTag(NodeServer.tcp({ host, port }), "SocketServerError", (error) => {
          const at = `${host.includes(":") ? `[${host}]` : host}:${port}`
          const message = `proxy: cannot listen on ${at}: ${causeOf(error)}`
          return Layer.effectContext(Effect.fail(new ListenFailed({ at, message })))
        })
      )
    )
  }
}
