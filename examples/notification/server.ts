/**
 * A server of the notification protocol. `random?` and `classified?` are answered by a line. After `notif` the server
 * sends `notif: random` or `notif: classified` for each new item, each acknowledged by `OK`, until `stop_notif`. It
 * uses the parts of a KATCP device: framing, one write per turn, back-pressure.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as SocketServer from "effect/socket/SocketServer"
import { Server } from "katcp"
import { type Kind, Notifier } from "./Notifier.ts"

/** The state of a client in notification mode. */
interface Notifying {
  /** Pending notifications. They are sent one at a time, each after the previous one was acknowledged. */
  readonly untold: Set<Kind>
  waiting: boolean
}

const connect = Effect.fnUntraced(function* (client: Server.LineSession) {
  const notifier = yield* Notifier
  const news = yield* PubSub.subscribe(notifier.news)
  let read = 0
  let mode: Notifying | undefined

  const tell = () => {
    if (mode === undefined || mode.waiting) return
    const [kind] = mode.untold
    if (kind === undefined) return
    mode.untold.delete(kind)
    mode.waiting = true
    client.send(`notif: ${kind}`)
  }
  yield* PubSub.take(news).pipe(
    Effect.flatMap((kind) =>
      Effect.sync(() => {
        mode?.untold.add(kind)
        tell()
      })
    ),
    Effect.forever,
    Effect.forkScoped
  )

  const answer = (line: string): Effect.Effect<unknown> => {
    if (mode !== undefined) {
      if (line === "stop_notif") {
        mode = undefined
        return Effect.sync(() => client.send("OK"))
      }
      if (line !== "OK") return Effect.sync(() => client.send(`ERROR: ${line}: send OK or stop_notif`))
      mode.waiting = false
      return Effect.sync(tell)
    }
    switch (line) {
      case "random?":
        return Effect.map(notifier.random, (number) => client.send(`${number}`))
      case "classified?": {
        const unread = notifier.ads.slice(read)
        read = notifier.ads.length
        return Effect.sync(() => client.send(unread.length === 0 ? "No ads." : unread.join(" | ")))
      }
      // the protocol's text writes `_notif_` for the command `notif`
      case "notif":
      case "_notif_":
        mode = { untold: new Set(), waiting: false }
        return Effect.sync(() => client.send("will send notifs"))
      default:
        return Effect.sync(() => client.send(`ERROR: ${line}: send random?, classified? or notif`))
    }
  }
  return (line: string | { readonly message: string }) =>
    Effect.asVoid(typeof line === "string" ? answer(line) : Effect.sync(() => client.send(`ERROR: ${line.message}`)))
})

/** Serves the protocol on the provided `SocketServer`. */
export const layer: Layer.Layer<never, never, Notifier | SocketServer.SocketServer> = Layer.effectDiscard(
  Effect.gen(function* () {
    const sockets = yield* SocketServer.SocketServer
    yield* Effect.forkScoped(sockets.run(Server.serveLines({ connect })), { startImmediately: true })
  })
)
