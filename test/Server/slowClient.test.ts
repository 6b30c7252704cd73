/** Clients that read slower than their sensors change, where the server conflates. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Sensor } from "katcp"
import type { RawConnection } from "katcp/Testing"
import { keptLog, type Running, say, start, turns } from "./harness.ts"
import { lab } from "./samplingLab.ts"

const conflate = { slowClient: "conflate" } as const

/** The client reads no more, and what the connection holds is full. */
const hangs = Effect.fnUntraced(function* (
  client: RawConnection.RawConnection,
  server: Running["server"],
  limit = 100
) {
  yield* client.pause
  // the first fills it, the second waits
  for (let n = 0; n < 2; n++) {
    server.broadcast("filler", ["x".repeat(limit + 100)])
    yield* turns
  }
})

/** A client that has stopped reading, with all that was to be told of before it did. */
const stuck = Effect.fnUntraced(function* (
  options: Parameters<ReturnType<typeof lab>["layer"]>[0],
  requests: ReadonlyArray<string>,
  limit = 100
) {
  const log = keptLog()
  const device = lab()
  const running = yield* start(Layer.provide(device.layer({ ...conflate, ...options }), log.layer), { limit })
  const slow = yield* running.dial()
  yield* say(slow, ...requests)
  yield* slow.settle
  yield* hangs(slow, running.server, limit)
  const resumed = Effect.andThen(slow.resume, slow.settle).pipe(
    Effect.map((lines) => lines.filter((line) => !line.startsWith("#filler ")))
  )
  return { ...running, device, sensors: device.sensors(), set: device.set(), slow, resumed, log }
})

describe("a client that does not read, with slowClient conflate", () => {
  it.effect(
    "receives the newest reading of each sensor when it reads again, in the order of their due times (P-018)",
    Effect.fnUntraced(function* () {
      const requests = ["?sensor-sampling volt auto", "?sensor-sampling count event", "?sensor-sampling mode event"]
      const { resumed, sensors, server, slow } = yield* stuck({}, requests)
      for (let n = 1; n <= 1000; n++) {
        if (n === 300) yield* sensors.mode.set("track", { timestamp: 2 })
        yield* sensors.count.set(n, { timestamp: 1 })
        yield* sensors.volt.set(n + 0.5, { timestamp: 3 })
      }
      yield* turns
      assert.strictEqual((yield* server.stats).slowClients, 0)
      assert.isBelow((yield* server.stats).queuedBytes, 1000)
      assert.deepStrictEqual(yield* resumed, [
        "#sensor-status 1.0 1 count nominal 1000",
        "#sensor-status 3.0 1 volt nominal 1000.5",
        "#sensor-status 2.0 1 mode nominal track"
      ])
      yield* sensors.count.set(7, { timestamp: 4 })
      assert.deepStrictEqual(yield* resumed, ["#sensor-status 4.0 1 count nominal 7"])
      // and so again
      yield* hangs(slow, server)
      for (let n = 1; n <= 9; n++) yield* sensors.count.set(n, { timestamp: 5 })
      assert.deepStrictEqual(yield* resumed, ["#sensor-status 5.0 1 count nominal 9"])
    })
  )

  it.effect(
    "receives the reports of the strategy, and nothing else",
    Effect.fnUntraced(function* () {
      const { resumed, sensors } = yield* stuck({}, ["?sensor-sampling volt differential 10"])
      for (const value of [11, 12, 30, 25, 33]) yield* sensors.volt.set(value, { timestamp: value })
      assert.deepStrictEqual(yield* resumed, ["#sensor-status 30.0 1 volt nominal 30.0"])
      yield* sensors.volt.set(41, { timestamp: 41 })
      assert.deepStrictEqual(yield* resumed, ["#sensor-status 41.0 1 volt nominal 41.0"])
    })
  )

  it.effect(
    "receives each period once",
    Effect.fnUntraced(function* () {
      const { resumed, sensors } = yield* stuck({}, ["?sensor-sampling volt period 1", "?sensor-sampling count auto"])
      yield* sensors.count.set(1, { timestamp: 1 })
      for (let n = 1; n <= 10; n++) {
        yield* sensors.volt.set(n, { timestamp: n })
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(yield* resumed, [
        "#sensor-status 1.0 1 count nominal 1",
        "#sensor-status 10.0 1 volt nominal 10.0"
      ])
    })
  )

  it.effect(
    "receives nothing of sensors that were removed or replaced meanwhile (P-235)",
    Effect.fnUntraced(function* () {
      const requests = ["count", "volt", "mode"].map((name) => `?sensor-sampling ${name} auto`)
      const { resumed, sensors, set } = yield* stuck({}, requests)
      yield* sensors.count.set(1, { timestamp: 1 })
      yield* sensors.volt.set(2, { timestamp: 2 })
      yield* sensors.mode.set("track", { timestamp: 3 })
      yield* set.remove("count")
      yield* set.add(Sensor.make("volt", { doc: "Another", type: Arg.Text, initial: "none" }))
      assert.deepStrictEqual(yield* resumed, [
        "#interface-changed sensor-list",
        "#interface-changed sensor-list",
        "#sensor-status 3.0 1 mode nominal track"
      ])
    })
  )

  it.effect(
    "receives nothing of sensors that it no longer samples, and the current reading if it sets a strategy again (P-214)",
    Effect.fnUntraced(function* () {
      const requests = ["count", "volt", "at"].map((name) => `?sensor-sampling ${name} auto`)
      const { resumed, sensors, slow } = yield* stuck({}, requests)
      yield* sensors.count.set(1, { timestamp: 1 })
      yield* sensors.volt.set(2, { timestamp: 2 })
      yield* sensors.at.set(3, { timestamp: 3 })
      yield* say(slow, "?sensor-sampling count none", "?sensor-sampling volt event")
      yield* turns
      yield* sensors.count.set(11, { timestamp: 11 })
      assert.deepStrictEqual(yield* resumed, [
        "!sensor-sampling ok count none",
        "#sensor-status 2.0 1 volt nominal 2.0",
        "!sensor-sampling ok volt event",
        "#sensor-status 3.0 1 at nominal 3.0"
      ])
    })
  )

  it.effect(
    "receives nothing more after ?sensor-sampling-clear, and nothing is left when it disconnects (P-236)",
    Effect.fnUntraced(function* () {
      const { resumed, sensors, server, slow } = yield* stuck({}, ["?sensor-sampling count auto"])
      yield* sensors.count.set(1)
      yield* say(slow, "?sensor-sampling-clear")
      yield* turns
      assert.deepStrictEqual(yield* resumed, ["!sensor-sampling-clear ok"])
      yield* slow.pause
      yield* say(slow, "?sensor-sampling count auto")
      yield* turns
      for (let n = 0; n < 20; n++) yield* sensors.count.set(n)
      yield* slow.reset
      yield* turns
      assert.strictEqual(server.clients.size, 0)
      assert.isFalse(lab.observed(sensors.count))
    })
  )

  it.effect(
    "receives many sensors in slices: others are served meanwhile, and later changes keep their order (P-237)",
    Effect.fnUntraced(function* () {
      // what is sent of it at once is taken at once
      const limit = 1_000_000
      const names = Array.from({ length: 5000 }, (_, n) => `s.${n}`)
      const { connect, server, set, slow } = yield* stuck({}, [], limit)
      const add = (name: string) => set.add(Sensor.make(name, { doc: name, type: Arg.Text, initial: "" }))
      const change = (name: string, value: string) =>
        Effect.flatMap(set.find(name), (sensor) => sensor.setUnknown(value, { timestamp: 1 }))
      yield* slow.resume
      yield* set.batch(Effect.forEach(names, add, { discard: true }))
      yield* say(slow, `?sensor-sampling ${names.join()} auto`)
      yield* slow.settle
      yield* hangs(slow, server, limit)
      for (let round = 0; round < 10; round++) for (const name of names) yield* change(name, "x".repeat(50 + round))
      yield* turns
      assert.isBelow((yield* server.stats).queuedBytes, 3 * limit)
      const other = yield* connect
      const told = (yield* slow.lines).length
      yield* slow.resume
      while (!(yield* slow.next).startsWith("#sensor-status"));
      yield* say(other, "?watchdog")
      assert.strictEqual(yield* other.next, "!watchdog ok")
      assert.isBelow((yield* slow.lines).length - told, 4000)
      yield* change("s.4999", "late")
      yield* change("s.0", "late")
      // the first one was taken already
      assert.deepStrictEqual(
        (yield* slow.settle).map((line) => line.split(" ").slice(3).join(" ")),
        [
          ...names.slice(1, -1).map((name) => `${name} nominal ${"x".repeat(59)}`),
          "s.4999 nominal late",
          "s.0 nominal late"
        ]
      )
    })
  )

  it.effect(
    "gets its replies and all other informs, and is disconnected when there are too many of them (P-018, P-061)",
    Effect.fnUntraced(function* () {
      const { connect, log, sensors, server, set, slow } = yield* stuck({ maxBacklog: 10_000 }, [
        "?sensor-sampling count auto"
      ])
      const other = yield* connect
      for (let n = 1; n <= 500; n++) yield* sensors.count.set(n, { timestamp: 1 })
      yield* say(slow, "?sensor-value count", "?watchdog[9]")
      yield* turns
      for (let n = 1; n <= 3; n++) server.broadcast("note", [n])
      yield* set.remove("rough")
      yield* slow.resume
      assert.deepStrictEqual(
        (yield* slow.settle).filter((line) => !line.startsWith("#filler ")),
        [
          "#client-connected 127.0.0.1:50002",
          "#sensor-value 1.0 1 count nominal 500",
          "!sensor-value ok 1",
          "!watchdog[9] ok",
          "#note 1",
          "#note 2",
          "#note 3",
          "#interface-changed sensor-list",
          "#sensor-status 1.0 1 count nominal 500"
        ]
      )
      yield* slow.pause
      yield* other.settle
      for (let n = 1; n <= 12; n++) {
        if (n < 9) assert.strictEqual(server.clients.size, 2)
        server.broadcast("note", ["z".repeat(1000)])
        assert.strictEqual((yield* other.settle).length, 1)
      }
      assert.strictEqual(server.clients.size, 1)
      assert.strictEqual((yield* server.stats).slowClients, 1)
      assert.deepStrictEqual(
        log.records.map(({ text }) => text),
        ["disconnecting 127.0.0.1:50001: more than 10000 bytes wait for it"]
      )
    })
  )
})
