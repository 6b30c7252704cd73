import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as SocketServer from "effect/socket/SocketServer"
import { TestClock } from "effect/testing"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import * as Client from "../../examples/notification/client.ts"
import { Notifier } from "../../examples/notification/Notifier.ts"
import * as Server from "../../examples/notification/server.ts"

const TestLive = Server.layer.pipe(Layer.provideMerge(Layer.merge(Notifier.layer, MemoryNetwork.layer)))
const raw = Effect.gen(function* () {
  const network = yield* MemoryNetwork
  return yield* RawConnection.make(yield* network.connect)
})
const client = Effect.provide(Client.make, MemoryNetwork.layerClient)

describe("the notification protocol", () => {
  it.effect(
    "the documented session, both spellings of notif (A-476, A-477, A-478, A-479, A-480, A-481, A-483, A-484)",
    () =>
      Effect.gen(function* () {
        const notifier = yield* Notifier
        yield* notifier.advertise("Nice appart in the 11e.")
        const session = yield* raw
        yield* session.send("random?\n")
        assert.match(yield* session.next, /^\d+$/)
        yield* session.send("classified?\n")
        yield* session.expect("Nice appart in the 11e.")
        yield* session.send("_notif_\n")
        yield* session.expect("will send notifs")
        yield* notifier.advertise("Bicycle, hardly used.")
        yield* session.expect("notif: classified")
        yield* session.send("OK\n")
        yield* notifier.offer
        yield* session.expect("notif: random")
        yield* session.send("stop_notif\n")
        yield* session.expect("OK")
        yield* session.send("random?\n")
        assert.match(yield* session.next, /^\d+$/)
        yield* session.send("notif\n")
        yield* session.expect("will send notifs")
        yield* notifier.advertise("Cat to a good home.")
        yield* session.expect("notif: classified")
        yield* session.send("OK\n")
        assert.deepStrictEqual(yield* session.settle, [])
      }).pipe(Effect.provide(TestLive))
  )

  it.effect("a notification waits for the OK to the previous one; changes meanwhile are sent once (A-479, A-482)", () =>
    Effect.gen(function* () {
      const notifier = yield* Notifier
      const session = yield* raw
      yield* session.send("notif\n")
      yield* session.expect("will send notifs")
      yield* notifier.advertise("one")
      yield* session.expect("notif: classified")
      yield* notifier.advertise("two")
      yield* notifier.advertise("three")
      assert.deepStrictEqual(yield* session.settle, [])
      yield* session.send("OK\n")
      yield* session.expect("notif: classified")
      yield* session.send("OK\nstop_notif\nclassified?\nclassified?\n")
      yield* session.expect("OK", "one | two | three", "No ads.")
    }).pipe(Effect.provide(TestLive))
  )

  it.effect("unknown commands are answered, and the session continues", () =>
    Effect.gen(function* () {
      const session = yield* raw
      yield* session.send(`hello\nnotif\nrandom?\nstop_notif\n${"x".repeat(70000)}\nrandom?\n`)
      yield* session.expect("ERROR: hello: send random?, classified? or notif", "will send notifs")
      yield* session.expect("ERROR: random?: send OK or stop_notif", "OK")
      assert.match(yield* session.next, /^ERROR: a line of more than 65536 bytes/)
      assert.match(yield* session.next, /^\d+$/)
    }).pipe(Effect.provide(TestLive))
  )

  it.effect("the client reads notifications as a stream, and sends commands after it (A-476, A-478, A-480)", () =>
    Effect.gen(function* () {
      const notifier = yield* Notifier
      const { classified, notifications, random } = yield* client
      assert.isTrue(Number.isInteger(yield* random))
      const kinds = yield* notifications.pipe(Stream.take(2), Stream.runCollect, Effect.forkScoped)
      yield* TestClock.adjust(0)
      yield* notifier.advertise("one")
      yield* notifier.offer
      assert.deepStrictEqual(yield* Fiber.join(kinds), ["classified", "random"])
      assert.strictEqual(yield* classified, "one")
    }).pipe(Effect.provide(TestLive))
  )

  it.effect("a server that hangs up fails the client", () =>
    Effect.gen(function* () {
      const sockets = yield* SocketServer.SocketServer
      yield* Effect.forkScoped(
        sockets.run((socket) => Effect.scoped(socket.reader)),
        { startImmediately: true }
      )
      const { random } = yield* client
      const error = yield* Effect.flip(random)
      assert.strictEqual(error._tag, "NotificationError")
    }).pipe(Effect.provide(MemoryNetwork.layer))
  )
})
