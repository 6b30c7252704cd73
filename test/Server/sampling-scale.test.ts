/** `?sensor-sampling` with long lists, and clients that are slow. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Message, Sensor } from "katcp"
import { say, start, turns } from "./harness.ts"
import { lab } from "./samplingLab.ts"

const many = 10_000
const names = Array.from({ length: many }, (_, n) => `s.${n}`)

/** A device with so many more sensors of so many bytes. */
const large = Effect.fnUntraced(function* (
  count: number,
  size: number,
  options?: Parameters<ReturnType<typeof lab>["layer"]>[0],
  limit?: number
) {
  const device = lab()
  const running = yield* start(device.layer(options), { limit })
  const text = "x".repeat(size)
  yield* device
    .set()
    .batch(
      Effect.forEach(
        names.slice(0, count),
        (name) => device.set().add(Sensor.make(name, { doc: name, type: Arg.Text, initial: text })),
        { discard: true }
      )
    )
  return { ...running, ...device, text }
})

describe("a list of names", () => {
  it.effect(
    "gets the strategy in its order, informs before the reply, which repeats the list (P-230, P-234)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* large(0, 0)
      const client = yield* connect
      yield* say(client, "?sensor-sampling[7] volt,count,mode period 2")
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 0.0 1 volt nominal 0.0",
        "#sensor-status 0.0 1 count nominal 0",
        "#sensor-status 0.0 1 mode unknown stow",
        "!sensor-sampling[7] ok volt,count,mode period 2.0"
      ])
    })
  )

  it.effect(
    "of 10,000 gets it or none does, wherever the bad one is (P-217, P-230, P-232)",
    Effect.fnUntraced(function* () {
      const { connect, set } = yield* large(many, 1)
      const client = yield* connect
      yield* say(client, "?sensor-sampling s.0,s.9999 event")
      yield* client.settle
      for (const list of [
        ["nosuch", ...names],
        [...names, "nosuch"],
        [...names, "s.0"],
        [...names, ""]
      ]) {
        yield* say(client, `?sensor-sampling ${list.join()} period 1`)
        assert.match((yield* client.settle).join("\n"), /^!sensor-sampling fail \S+$/)
      }
      yield* TestClock.adjust("10 seconds")
      yield* say(client, "?sensor-sampling s.0", "?sensor-sampling s.1", "?sensor-sampling s.9999")
      assert.deepStrictEqual(yield* client.settle, [
        "!sensor-sampling ok s.0 event",
        "!sensor-sampling ok s.1 none",
        "!sensor-sampling ok s.9999 event"
      ])
      yield* say(client, `?sensor-sampling ${names.join()} event`)
      const lines = yield* client.settle
      assert.strictEqual(lines.length, many + 1)
      assert.deepStrictEqual(
        lines.slice(0, -1).map((line) => line.split(" ")[3]),
        names
      )
      assert.strictEqual(lines.at(-1), `!sensor-sampling ok ${names.join()} event`)
      for (const name of ["s.0", "s.5000", "s.9999"])
        yield* Effect.flatMap(set().find(name), (sensor) => sensor.setUnknown("y", { timestamp: 1 }))
      assert.deepStrictEqual(
        yield* client.settle,
        ["s.0", "s.5000", "s.9999"].map((name) => `#sensor-status 1.0 1 ${name} nominal y`)
      )
    })
  )

  it.effect(
    "delays only the next requests of its client (P-230, P-237)",
    Effect.fnUntraced(function* () {
      const { connect, set } = yield* large(many, 1)
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, `?sensor-sampling[1] ${names.join()} event`, "?sensor-sampling[2] s.9999 none", "?watchdog[3]")
      yield* say(other, "?watchdog")
      for (let n = 0; n < 3; n++) yield* Effect.yieldNow
      assert.notInclude((yield* client.lines).join("\n"), "!sensor-sampling[1]")
      assert.strictEqual(yield* other.next, "!watchdog ok")
      const lines = yield* client.settle
      assert.deepStrictEqual(
        lines.filter((line) => line.startsWith("!")).map((line) => line.slice(0, line.indexOf("]") + 4)),
        ["!sensor-sampling[1] ok", "!sensor-sampling[2] ok", "!watchdog[3] ok"]
      )
      assert.isFalse(lab.observed(yield* set().find("s.9999")))
      assert.isTrue(lab.observed(yield* set().find("s.9998")))
    })
  )

  it.effect(
    "without flag B is one unknown name (P-231, P-233)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* large(0, 0, { protocol: Message.Protocol.make(5, 1, "IMT") })
      const client = yield* connect
      yield* say(
        client,
        "?sensor-sampling count,volt event",
        "?sensor-sampling count,volt",
        "?sensor-sampling count event"
      )
      assert.deepStrictEqual(yield* client.settle, [
        "!sensor-sampling fail Unknown\\_sensor\\_'count,volt'",
        "!sensor-sampling fail Unknown\\_sensor\\_'count,volt'",
        "#sensor-status 0.0 1 count nominal 0",
        "!sensor-sampling ok count event"
      ])
    })
  )

  it.effect(
    "ends with the client, even halfway (P-211)",
    Effect.fnUntraced(function* () {
      const { connect, server, set } = yield* large(many, 1)
      const client = yield* connect
      yield* say(client, `?sensor-sampling ${names.join()} event`)
      for (let n = 0; n < 5; n++) yield* Effect.yieldNow
      yield* client.reset
      yield* turns
      assert.strictEqual(server.clients.size, 0)
      assert.strictEqual(set().values.filter(lab.observed).length, 0)
    })
  )
})

describe("a client that does not read", () => {
  it.effect(
    "is not disconnected for the readings that it asked for, of 10,000 large sensors at once, nor for a change meanwhile (P-234)",
    Effect.fnUntraced(function* () {
      const { connect, dial, server, set } = yield* large(many, 1000, { maxBacklog: 1_000_000 }, 10_000)
      const slow = yield* dial()
      yield* slow.settle
      yield* slow.pause
      yield* say(slow, `?sensor-sampling ${names.join()} event`)
      const other = yield* connect
      yield* turns
      yield* Effect.flatMap(set().find("s.0"), (sensor) => sensor.setUnknown("new"))
      yield* say(other, "?watchdog")
      assert.include(yield* other.settle, "!watchdog ok")
      assert.strictEqual(server.clients.size, 2)
      yield* slow.resume
      const lines = yield* slow.settle
      assert.isTrue(lines.at(-1)!.startsWith("!sensor-sampling ok s.0,"))
      const reported = lines.filter((line) => line.startsWith("#sensor-status ")).map((line) => line.split(" ")[3])
      assert.strictEqual(reported.length, many + 1)
      assert.strictEqual(new Set(reported).size, many)
    })
  )

  it.effect(
    "is not disconnected for a reading that is longer than its whole backlog (P-234)",
    Effect.fnUntraced(function* () {
      const { dial, server } = yield* large(1, 5000, { maxBacklog: 1000 }, 1000)
      const slow = yield* dial({ paused: true })
      yield* say(slow, "?sensor-sampling s.0 event")
      yield* turns
      assert.strictEqual(server.clients.size, 1)
      yield* slow.resume
      const [reading, reply] = (yield* slow.settle).slice(-2)
      assert.isAbove(reading?.length ?? 0, 5000)
      assert.strictEqual(reply, "!sensor-sampling ok s.0 event")
    })
  )

  it.effect(
    "is disconnected when too many readings wait for it; the others get them all (P-018)",
    Effect.fnUntraced(function* () {
      const { connect, dial, server, sensors, set } = yield* large(1, 1000, { maxBacklog: 100_000 }, 1000)
      const slow = yield* dial({ paused: true })
      yield* say(slow, "?sensor-sampling s.0 auto")
      const other = yield* connect
      yield* say(other, "?sensor-sampling s.0 auto")
      yield* other.settle
      const sensor = yield* set().find("s.0")
      for (let n = 0; n < 150; n++) {
        yield* sensor.setUnknown("x".repeat(1000))
        if (n % 10 === 9) assert.strictEqual((yield* other.settle).length, 10)
        if (n === 50) assert.strictEqual(server.clients.size, 2)
      }
      assert.strictEqual(server.clients.size, 1)
      yield* slow.resume
      yield* slow.closed
      assert.isBelow((yield* slow.received).length, 105_000)
      yield* other.reset
      yield* turns
      assert.isFalse(lab.observed(sensor))
      assert.isFalse(lab.observed(sensors().count))
    })
  )

  it.effect(
    "delays neither the periods nor the events of another (P-237)",
    Effect.fnUntraced(function* () {
      const { connect, dial, sensors } = yield* large(1, 1000, {}, 1000)
      const slow = yield* dial({ paused: true })
      yield* say(slow, "?sensor-sampling s.0 period 0.1", "?sensor-sampling count event", "?wait 3600")
      const other = yield* connect
      yield* say(other, "?sensor-sampling s.0 period 0.1", "?sensor-sampling count event", "?wait[5] 3600", "?wait 2")
      yield* other.settle
      for (let n = 1; n <= 10; n++) {
        yield* TestClock.adjust(100)
        yield* sensors().count.set(n, { timestamp: 1 })
        const lines = yield* other.settle
        assert.deepStrictEqual([lines.length, lines.at(-1)], [2, `#sensor-status 1.0 1 count nominal ${n}`])
      }
    })
  )

  it.effect(
    "keeps its sampling while a handler keeps the device busy (P-237)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* large(0, 0)
      const client = yield* connect
      yield* say(client, "?sensor-sampling count period 1", "?spin 1000000000")
      yield* client.settle
      for (let n = 0; n < 5; n++) {
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* client.settle).length, 1)
      }
      yield* client.reset
      yield* turns
      assert.strictEqual(server.clients.size, 0)
    })
  )
})
