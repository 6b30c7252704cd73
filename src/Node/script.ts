import { readFile } from "node:fs/promises"
import { duplexPair } from "node:stream"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { decode, encode, ParsedMessage, Parser } from "../Codec/index.ts"
import { decodeText, isOk, type Message } from "../Message/index.ts"
import { Connection } from "./Connection.ts"
import { refused } from "./listen.ts"

const encoder = new TextEncoder()

/** A request of a script, with its line number. */
interface Step {
  readonly line: number
  readonly request: Message
}

/** Returns the requests of a script. Fails for a line that is neither a request nor a comment. */
const stepsOf = (file: string) =>
  Effect.gen(function* () {
    const text = decodeText(yield* Effect.tryPromise({ try: () => readFile(file), catch: (cause) => refused(cause) }))
    const steps: Array<Step> = []
    for (const [at, written] of text.split("\n").entries()) {
      const line = written.trim()
      if (line === "" || line.startsWith("#")) continue
      const wrong = (why: string) => refused(new Error(`${file}, line ${at + 1}: ${why}`))
      const request = yield* Effect.mapError(decode(line), ({ message }) => wrong(message))
      if (request.kind !== "request") return yield* wrong("it is not a request: write ?name and its arguments")
      steps.push({ line: at + 1, request })
    }
    return steps
  })

/** Makes the requests one after another: each when the one before was answered. */
const play = Effect.fnUntraced(function* (file: string, steps: ReadonlyArray<Step>, socket: Socket.Socket) {
  const { pull } = yield* socket.reader
  const { write } = yield* socket.writer
  const parser = new Parser()
  for (const { line, request } of steps) {
    yield* write(encode(request))
    let reply: Message | undefined
    while (reply === undefined) {
      for (let next = parser.next(); next !== undefined && reply === undefined; next = parser.next())
        if (next instanceof ParsedMessage && next.kind === "reply" && next.name === request.name) reply = next.own()
      if (reply === undefined)
        for (const chunk of yield* pull) parser.feed(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
    }
    if (!isOk(reply)) yield* Effect.logWarning(`${file}, line ${line}: ${reply}`)
  }
})

/** A `SocketServer` whose only client is a script. */
export const listenScript = (file: string): SocketServer.SocketServer["Service"] =>
  SocketServer.SocketServer.of({
    address: NetAddress.unixPathAddress(file),
    run: <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) =>
      Effect.gen(function* () {
        const steps = yield* stepsOf(file)
        const [served, own] = duplexPair()
        const connections = [new Connection(served), new Connection(own)] as const
        const serving = Effect.ignoreCause(handler(connections[0].toSocket()), {
          log: "Error",
          message: "a connection's handler failed"
        })
        // the device may end before the script does
        const playing = Effect.ignore(Effect.scoped(play(file, steps, connections[1].toSocket())))
        yield* Effect.all([serving, playing], { concurrency: 2, discard: true }).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              for (const connection of connections) connection.release()
            })
          )
        )
        return yield* Effect.never
      })
  })
