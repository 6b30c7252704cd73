import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { TestClock } from "effect/testing"
import { dialRunner, listenForRunners, Refusals } from "../../src/Fleet/node/index.ts"
import { steppedClock } from "../Testing/steppedClock.ts"
import { echo, reasonOf, say } from "./echo.ts"

const token = "the token of this fleet"

describe("the handshake of runners", () => {
  it.live("lets those through that have the token, and their bytes unchanged", () =>
    Effect.gen(function* () {
      const { place, seen } = yield* echo({ token })
      for (const words of ["?watchdog\n", "x".repeat(5000)]) {
        const answer = yield* say(place, { token }, words)
        assert.strictEqual(words.startsWith(answer), true)
      }
      assert.isTrue(seen.join("").startsWith("?watchdog\nxxx"))
    })
  )

  it.live("keeps out who has another token, or none: nothing of theirs reaches what is served", () =>
    Effect.gen(function* () {
      const { place, seen } = yield* echo({ token })
      const other = yield* Effect.flip(say(place, { token: "the token of another fleet" }, "?halt\n"))
      assert.isDefined(other)
      // a client that knows nothing of it gets the greeting, and no more
      const greeting = yield* say(place, {}, "?halt\n")
      assert.match(greeting, /^katcp-fleet 1 [0-9a-f]{64}\n$/)
      assert.deepStrictEqual(seen, [])
    })
  )

  it.live("counts those that it keeps out, and logs the first few with their addresses", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const refusals = new Refusals()
      yield* Effect.gen(function* () {
        const { place } = yield* echo({ token }, refusals)
        // somebody who looks if the port is open is not counted
        yield* Effect.scoped(
          Effect.flatMap(Layer.build(dialRunner(place, {})), (made) => Context.get(made, Socket.Socket).reader)
        )
        yield* say(place, { token }, "?watchdog\n")
        for (let time = 0; time < 20; time++)
          yield* Effect.flip(say(place, { token: "the token of another fleet" }, "?watchdog\n"))
        while (refusals.count < 20) yield* Effect.sleep(5)
        yield* say(place, {}, "GET / HTTP/1.1\n")
        while (refusals.count < 21) yield* Effect.sleep(5)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
      assert.strictEqual(refusals.count, 21)
      const [first] = lines
      assert.strictEqual(
        first,
        "fleet: a connection from 127.0.0.1 to 127.0.0.1:0 was refused: it has another token: compare fleet.token"
      )
      assert.match(lines.at(-1)!, /was refused: it is not a runner of a fleet$/)
      assert.strictEqual(lines.length, 8)
    })
  )

  it.effect("logs a refusal that recurs again after an hour, although the time of day goes back", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const { clock, step } = yield* steppedClock
      const refusals = new Refusals()
      const refuse = refusals
        .add("10.0.0.9", "10.0.0.1:7148", "it has another token")
        .pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(Clock.Clock, clock))
      yield* Effect.repeat(refuse, { times: 5 })
      step(-7_200_000)
      yield* TestClock.adjust("1 hour")
      yield* refuse
      assert.lengthOf(lines, 6)
      assert.match(lines[5]!, /it has another token \(number 7; 1 were not logged\)$/)
    })
  )

  it.live("refuses a listener that does not know the token", () =>
    Effect.gen(function* () {
      // one that repeats what it hears proves nothing
      const context = yield* Layer.build(listenForRunners({ host: "127.0.0.1", port: 0 }, {}))
      const server = Context.get(context, SocketServer.SocketServer)
      yield* server
        .run((socket) =>
          Effect.gen(function* () {
            const { pull } = yield* socket.reader
            const { write } = yield* socket.writer
            yield* write(`katcp-fleet 1 ${"0".repeat(64)}\n`)
            return yield* Effect.forever(Effect.flatMap(pull, ([chunk]) => write(chunk)))
          }).pipe(Effect.scoped, Effect.ignore)
        )
        .pipe(Effect.forkScoped({ startImmediately: true }))
      const at = NetAddress.formatInet(server.address as NetAddress.InetAddress)
      const error = yield* Effect.flip(say(at, { token }, "?watchdog\n"))
      assert.match(reasonOf(error), /has another token/)
    })
  )
})
