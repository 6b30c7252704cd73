import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Arg, Client, Interface, Request, Sensor } from "katcp"
import { FakeDevice, MemoryNetwork, RawConnection, Recorder, SocketPair, settle } from "katcp/Testing"

class Antenna extends Interface.make("antenna").add(
  Request.make("stow", { doc: "Stow the dish." }),
  Sensor.make("azimuth", { doc: "Azimuth", type: Arg.Float, initial: 0 })
) {}

const shown = (recorded: ReadonlyArray<Recorder.Recorded>) =>
  recorded.map(({ direction, message, time }) => `${time} ${direction} ${message}`)

describe("Recorder (A-496)", () => {
  it.effect(
    "keeps all messages of a client's connection, both ways, with their time",
    Effect.fnUntraced(function* () {
      const { client, recorder } = yield* FakeDevice.connect(Antenna, {}, { client: { timeoutHints: false } })
      yield* TestClock.adjust("2 seconds")
      yield* client.request.stow()
      const all = shown(recorder.messages())
      assert.match(all[0]!, /^0 received #version-connect katcp-protocol 5.1/)
      assert.deepStrictEqual(all.slice(-2), ["2000 sent ?stow[1]", "2000 received !stow[1] ok"])
    })
  )

  it.effect(
    "records those of a kind, name, direction or line, from now on until the scope closes",
    Effect.fnUntraced(function* () {
      const { client, fake, recorder } = yield* FakeDevice.connect(Antenna, {}, { client: { timeoutHints: false } })
      const scope = yield* Scope.make()
      const record = (filter?: Recorder.Filter) => Scope.provide(recorder.record(filter), scope)
      const filters = {
        all: yield* record(),
        replies: yield* record({ kinds: ["reply", "request"] }),
        status: yield* record({ names: ["sensor-status", "alarm"], except: ["alarm"] }),
        others: yield* record({ except: ["sensor-status", "sensor-sampling"], direction: "received" }),
        line: yield* record({ line: /^#sensor-status \S+ 1 azimuth nominal 7\.5$/g })
      }
      yield* client.call("sensor-sampling", ["azimuth", "event"])
      yield* fake.sensors.azimuth.set(7.5)
      yield* fake.inform("alarm", ["a b"])
      yield* settle
      yield* Scope.close(scope, Exit.void)
      yield* client.request.stow()
      const names = Object.fromEntries(
        Object.entries(filters).map(([name, journal]) => [name, journal.all.map(({ message }) => message.name)])
      )
      assert.deepStrictEqual(names, {
        all: ["sensor-sampling", "sensor-status", "sensor-sampling", "sensor-status", "alarm"],
        replies: ["sensor-sampling", "sensor-sampling"],
        status: ["sensor-status", "sensor-status"],
        others: ["alarm"],
        line: ["sensor-status"]
      })
      assert.deepStrictEqual(
        recorder.messages({ names: ["stow"], kinds: ["reply"] }).map(({ message }) => String(message)),
        ["!stow[2] ok"]
      )
    })
  )

  it.effect(
    "is a queue: takes or awaits a number of messages, and shows the present ones if they do not arrive",
    Effect.fnUntraced(function* () {
      const { fake, recorder } = yield* FakeDevice.connect(Antenna, {}, { client: { timeoutHints: false } })
      const informs = yield* recorder.record({ kinds: ["inform"] })
      const taking = yield* Effect.forkChild(informs.take(2), { startImmediately: true })
      yield* fake.inform("one")
      yield* settle
      assert.isUndefined(taking.pollUnsafe())
      yield* fake.inform("two")
      yield* fake.inform("three")
      assert.deepStrictEqual(shown(yield* Fiber.join(taking)), ["0 received #one", "0 received #two"])
      yield* informs.wait(1)
      assert.deepStrictEqual(shown(yield* informs.takeAll), ["0 received #three"])
      yield* informs.wait(0)
      yield* fake.inform("four", ["a b"])
      const waiting = yield* Effect.forkChild(Effect.flip(informs.wait(2, { within: "3 seconds" })))
      yield* settle
      yield* TestClock.adjust("3 seconds")
      const { actual, expected, what } = yield* Fiber.join(waiting)
      assert.deepStrictEqual([what, expected, actual], ["recorded messages", "2 within 3s", "1\n0 <- #four a\\_b"])
      assert.strictEqual((yield* informs.take(1)).length, 1)
    })
  )

  it.effect(
    "works on a raw connection, in any pieces, and keeps lines that are not messages",
    Effect.fnUntraced(function* () {
      const [left, right] = SocketPair.make({ segments: [1, 2] })
      const [socket, recorder] = yield* Recorder.tap(left)
      const raw = yield* RawConnection.make(socket)
      const other = yield* RawConnection.make(right)
      yield* raw.send("?a")
      yield* raw.send(" \\_\n?b\nnonsense\n")
      yield* other.send("!a ok\n\n#x")
      yield* raw.settle
      assert.deepStrictEqual(
        recorder.messages().map(({ message }) => String(message)),
        ['?a " "', "?b", "!a ok"]
      )
      assert.strictEqual(recorder.badLines.length, 1)
      assert.strictEqual(Buffer.from(recorder.badLines[0]!.raw).toString(), "nonsense")
      // the socket keeps what it can do besides
      yield* raw.reset
      assert.strictEqual((yield* other.closed)._tag, "SocketReadError")
    })
  )

  it.effect(
    "continues over a new connection, each from its own first byte",
    Effect.fnUntraced(function* () {
      const { client, faults, recorder } = yield* FakeDevice.connect(Antenna, {}, { client: { timeoutHints: false } })
      yield* faults.insert("#half", "toClient")
      yield* settle
      yield* client.reconnect
      yield* settle
      yield* client.request.stow()
      const greetings = recorder.messages({ line: /katcp-protocol/ })
      assert.strictEqual(greetings.length, 2)
      assert.deepStrictEqual(recorder.badLines, [])
    })
  )

  it.effect(
    "can wrap a Socket as a layer",
    Effect.fnUntraced(
      function* () {
        const recorder = yield* Recorder.Recorder
        const client = yield* Client.make(Antenna, { timeoutHints: false })
        yield* client.request.stow()
        assert.strictEqual(recorder.messages({ names: ["stow"] }).length, 2)
        assert.notStrictEqual(yield* Socket.Socket, undefined)
      },
      Effect.provide(
        Recorder.layer.pipe(
          Layer.provide(MemoryNetwork.layerClient),
          Layer.provide(FakeDevice.layer(Antenna)),
          Layer.provide(MemoryNetwork.layer)
        )
      )
    )
  )
})
