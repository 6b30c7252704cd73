/** `?sensor-sampling` as a client meets it, under the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Message, Sensor } from "katcp"
import { start } from "./harness.ts"
import { connected, timeline, told } from "./sampled.ts"
import { lab } from "./samplingLab.ts"

const v4 = Message.Protocol.make(4, 0, "M")

describe("?sensor-sampling", () => {
  it.effect(
    "comes before any report; a new client starts with none (P-210, P-212, P-219, P-292)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* sensors().count.set(1)
      yield* sensors().count.set(2)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* client.settle, [])
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling[4] count"), ["!sensor-sampling[4] ok count none"])
      yield* sensors().count.set(3)
      assert.deepStrictEqual(yield* client.settle, [])
    })
  )

  it.effect(
    "reports the current reading before the reply, at any status, without an id (P-053, P-173, P-213, P-214, P-254, Q-14)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      for (const status of Sensor.statuses) {
        yield* sensors().count.set(7, { status, timestamp: 1.5 })
        yield* client.settle
        assert.deepStrictEqual(yield* told(client, "?sensor-sampling[12] count event"), [
          `#sensor-status 1.5 1 count ${status} 7`,
          "!sensor-sampling[12] ok count event"
        ])
      }
      // the query changes nothing and sends nothing (P-212)
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling count"), ["!sensor-sampling ok count event"])
    })
  )

  it.effect(
    "returns numbers in canonical form (P-213, P-223)",
    Effect.fnUntraced(function* () {
      const { client } = yield* connected()
      for (const [given, anew] of [
        ["volt period 1", "volt period 1.0"],
        ["volt period 1e-1", "volt period 0.1"],
        ["volt differential 2", "volt differential 2.0"],
        ["count differential 2", "count differential 2"],
        ["count differential 2.0", "count differential 2"],
        ["count differential 18446744073709551617", "count differential 18446744073709551617"],
        ["volt event-rate 0 5", "volt event-rate 0.0 5.0"],
        ["count differential-rate 3.0 1 5.50", "count differential-rate 3 1.0 5.5"]
      ] as const) {
        assert.strictEqual((yield* told(client, `?sensor-sampling ${given}`)).at(-1), `!sensor-sampling ok ${anew}`)
        const [name] = given.split(" ")
        assert.deepStrictEqual(yield* told(client, `?sensor-sampling ${name}`), [`!sensor-sampling ok ${anew}`])
      }
    })
  )

  it.effect(
    "of version 4 has milliseconds, no rates and no lists (P-213, P-220, P-229, P-233, P-254, P-310, P-311, P-314)",
    Effect.fnUntraced(function* () {
      const { client } = yield* connected({ protocol: v4 })
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling count period 250"), [
        "#sensor-status 0 1 count nominal 0",
        "!sensor-sampling ok count period 250"
      ])
      assert.deepStrictEqual(yield* timeline(client, 50, 20), [250, 500, 750, 1000])
      for (const line of ["count event-rate 100 1000", "count differential-rate 1 100 1000", "count,volt event"]) {
        const replies = yield* told(client, `?sensor-sampling ${line}`)
        assert.strictEqual(replies.length, 1, line)
        assert.match(replies[0]!, /^!sensor-sampling fail \S+$/)
      }
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling count"), ["!sensor-sampling ok count period 250"])
    })
  )

  it.effect(
    "applies to one client, and ends when it disconnects (P-211, P-273)",
    Effect.fnUntraced(function* () {
      const { client, connect, sensors } = yield* connected()
      const before = sensors().count
      assert.isFalse(lab.observed(before))
      const other = yield* connect
      yield* client.settle
      yield* told(client, "?sensor-sampling count event", "?sensor-sampling volt period 1")
      yield* told(other, "?sensor-sampling count period 10")
      yield* sensors().count.set(5, { timestamp: 3 })
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 3.0 1 count nominal 5"])
      assert.deepStrictEqual(yield* other.settle, [])
      assert.deepStrictEqual(yield* told(other, "?sensor-sampling volt"), ["!sensor-sampling ok volt none"])
      yield* client.close
      yield* other.settle
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* other.settle, ["#sensor-status 3.0 1 count nominal 5"])
      assert.isTrue(lab.observed(before))
      yield* other.reset
      yield* TestClock.adjust("10 seconds")
      const last = yield* connect
      yield* last.settle
      assert.isFalse(lab.observed(before))
      assert.isFalse(lab.observed(sensors().volt))
    })
  )

  it.effect(
    "with the same strategy reports again, and restarts its clock (P-215, P-228)",
    Effect.fnUntraced(function* () {
      const { client } = yield* connected()
      yield* told(client, "?sensor-sampling count period 1")
      assert.deepStrictEqual(yield* timeline(client, 100, 7), [])
      assert.strictEqual((yield* told(client, "?sensor-sampling count period 1")).length, 2)
      assert.deepStrictEqual(yield* timeline(client, 100, 20), [1000, 2000])
    })
  )

  it.effect(
    "with none ends the reports (P-216, P-219)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      for (const strategy of [
        "auto",
        "event",
        "period 1",
        "differential 1",
        "event-rate 1 2",
        "differential-rate 1 1 2"
      ]) {
        yield* told(client, `?sensor-sampling count ${strategy}`)
        yield* sensors().count.set(10)
        yield* client.settle
        // a change that is held when it ends
        yield* sensors().count.set(20)
        yield* client.settle
        assert.deepStrictEqual(yield* told(client, "?sensor-sampling count none"), ["!sensor-sampling ok count none"])
        yield* sensors().count.set(0)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* client.settle, [], strategy)
        assert.isFalse(lab.observed(sensors().count))
      }
    })
  )

  it.effect(
    "that fails leaves the former strategy (P-217)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* told(client, "?sensor-sampling count event")
      for (const line of [
        "count period 0",
        "count period",
        "count differential 2.5",
        "count nosuch",
        "count,nosuch auto"
      ])
        assert.match((yield* told(client, `?sensor-sampling ${line}`)).join(), /^!sensor-sampling fail \S+$/)
      yield* sensors().count.set(1, { timestamp: 2 })
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling count"), [
        "#sensor-status 2.0 1 count nominal 1",
        "!sensor-sampling ok count event"
      ])
    })
  )

  const bad: ReadonlyArray<readonly [line: string, text: RegExp]> = [
    ["", /./],
    ["nosuch", /Unknown sensor 'nosuch'/],
    ["nosuch auto", /Unknown sensor 'nosuch'/],
    ["\\@", /Unknown sensor ''/],
    ["\\@ auto", /Unknown sensor ''/],
    ["/count/ auto", /Unknown sensor/],
    ["count nosuch", /nosuch/],
    ["count \\@", /strategy/],
    ["count EVENT", /strategy/],
    ["count none 1", /no parameters/],
    ["count auto 1", /no parameters/],
    ["count event 1", /no parameters/],
    ["count period", /period/],
    ["count period 1 2", /period/],
    ["count period 0", /period/],
    ["count period -1", /period/],
    ["count period abc", /period/],
    ["count period \\@", /period/],
    ["count period nan", /period/],
    ["count period inf", /period/],
    ["count period 1e300", /period/],
    ["count period 1e-300", /period/],
    ["count differential", /differen/],
    ["count differential 1 2", /differen/],
    ["count differential 2.5", /differen/],
    ["count differential 0", /differen/],
    ["count differential -2", /differen/],
    ["volt differential 0", /differen/],
    ["volt differential -1", /differen/],
    ["volt differential nan", /differen/],
    ["volt differential inf", /differen/],
    ["mode differential 1", /differen/],
    ["at differential 1", /differen/],
    ["mode differential-rate 1 1 2", /differen/],
    ["count event-rate", /event-rate/],
    ["count event-rate 1", /event-rate/],
    ["count event-rate 5 1", /longest/],
    ["count event-rate -1 1", /shortest/],
    ["count event-rate 0 0", /longest/],
    ["count event-rate 0 inf", /longest/],
    ["count differential-rate 1 5 1", /longest/],
    ["count differential-rate 1.5 1 5", /differen/],
    ["count differential-rate 1 1", /differential-rate/],
    ["count,volt", /several/],
    ["count,count auto", /twice/],
    ["count,nosuch auto", /'nosuch'/],
    ["count,,volt auto", /''/],
    ["count, auto", /''/],
    [",count auto", /''/],
    [", auto", /''/],
    ["count,\\_volt auto", /' volt'/],
    ["count,mode differential 1", /mode/],
    ["\\_count auto", /' count'/],
    ["\xff\xfe auto", /./]
  ]
  it.effect(
    "fails for invalid arguments, and sets nothing (P-223, P-226, P-229, P-230, P-231, P-232, Q-09, Q-10, Q-11)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      for (const [line, text] of bad) {
        const replies = yield* told(client, `?sensor-sampling[9] ${line}`)
        assert.strictEqual(replies.length, 1, line)
        const reply = replies[0]!.replaceAll("\\_", " ")
        assert.isTrue(reply.startsWith("!sensor-sampling[9] fail "), `${line}: ${reply}`)
        assert.match(reply.slice("!sensor-sampling[9] fail ".length), text, line)
        for (const sensor of Object.values(sensors())) assert.isFalse(lab.observed(sensor), line)
      }
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* client.settle, [])
    })
  )
})

describe("several sensors of one client with one strategy", () => {
  it.effect(
    "are changed and ended one by one (P-217, P-235)",
    Effect.fnUntraced(function* () {
      const { client, sensors, set } = yield* connected()
      yield* told(client, "?sensor-sampling count,volt,at event", "?sensor-sampling slow,mode auto")
      yield* told(client, "?sensor-sampling volt none", "?sensor-sampling at auto")
      yield* told(client, "?sensor-sampling count event")
      yield* sensors().count.set(1, { timestamp: 1 })
      yield* sensors().count.set(1, { timestamp: 2 })
      yield* sensors().volt.set(2, { timestamp: 3 })
      yield* sensors().at.set(1.5, { timestamp: 4 })
      yield* set().remove("count")
      yield* sensors().mode.set("track", { timestamp: 5 })
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 1.0 1 count nominal 1",
        "#sensor-status 4.0 1 at nominal 1.5",
        "#interface-changed sensor-list",
        "#sensor-status 5.0 1 mode nominal track"
      ])
      assert.deepStrictEqual(
        yield* told(client, "?sensor-sampling volt", "?sensor-sampling at", "?sensor-sampling mode"),
        ["!sensor-sampling ok volt none", "!sensor-sampling ok at auto", "!sensor-sampling ok mode auto"]
      )
      assert.isFalse(lab.observed(sensors().volt))
    })
  )
})

describe("?sensor-sampling-clear", () => {
  it.effect(
    "ends all sampling of its client, and of no other (P-236, A-264)",
    Effect.fnUntraced(function* () {
      const { client, connect, sensors } = yield* connected()
      const other = yield* connect
      yield* client.settle
      yield* told(client, "?sensor-sampling count,volt event", "?sensor-sampling mode period 1")
      yield* told(other, "?sensor-sampling count event")
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling-clear[3]"), ["!sensor-sampling-clear[3] ok"])
      yield* sensors().count.set(9, { timestamp: 1 })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling mode"), ["!sensor-sampling ok mode none"])
      assert.deepStrictEqual(yield* other.settle, ["#sensor-status 1.0 1 count nominal 9"])
      assert.isFalse(lab.observed(sensors().mode))
    })
  )
})

describe("removed sensors", () => {
  it.effect(
    "end their strategies; a new one of the same name starts with none (P-235)",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* connected({ interfaceChanged: "each" })
      const one = yield* set().add(Sensor.make("dyn", { doc: "A", type: Arg.Int, initial: 1 }))
      yield* client.settle
      yield* told(client, "?sensor-sampling dyn period 1")
      const two = yield* set().add(Sensor.make("dyn", { doc: "B", type: Arg.Int, initial: 2 }))
      yield* one.set(5)
      yield* two.set(6)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* client.settle, ["#interface-changed sensor dyn modified"])
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling dyn"), ["!sensor-sampling ok dyn none"])
      yield* told(client, "?sensor-sampling dyn event")
      yield* set().remove("dyn")
      yield* two.set(7)
      assert.deepStrictEqual(yield* client.settle, ["#interface-changed sensor dyn removed"])
      assert.isFalse(lab.observed(one))
      assert.isFalse(lab.observed(two))
      assert.match((yield* told(client, "?sensor-sampling dyn")).join(), /fail Unknown/)
    })
  )
})

describe("a sensor whose own strategy is invalid", () => {
  it.effect(
    "refuses auto, and sets nothing for the others of the list (P-217, P-218, P-230)",
    Effect.fnUntraced(function* () {
      const { client, sensors, set } = yield* connected()
      const autoStrategy = { name: "differential", parameters: ["1"] } as const
      yield* set().add(Sensor.make("odd", { doc: "Odd", type: Arg.Text, initial: "", autoStrategy }))
      yield* client.settle
      yield* told(client, "?sensor-sampling odd event", "?sensor-sampling count event")
      assert.match((yield* told(client, "?sensor-sampling count,odd auto")).join("\n"), /^!sensor-sampling fail \S+$/)
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling count", "?sensor-sampling odd"), [
        "!sensor-sampling ok count event",
        "!sensor-sampling ok odd event"
      ])
      yield* sensors().count.set(1, { timestamp: 1 })
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 1.0 1 count nominal 1"])
    })
  )
})

describe("one client at a time", () => {
  it.effect(
    "a new client starts with none; the former's strategies are gone (P-211, P-292)",
    Effect.fnUntraced(function* () {
      const { client, dial, sensors } = yield* connected({ protocol: Message.Protocol.make(5, 1, "BIT") })
      yield* told(client, "?sensor-sampling count event")
      const next = yield* dial()
      yield* next.settle
      yield* client.closed
      assert.isFalse(lab.observed(sensors().count))
      yield* sensors().count.set(1)
      assert.deepStrictEqual(yield* told(next, "?sensor-sampling count"), ["!sensor-sampling ok count none"])
    })
  )
})

describe("when the server ends", () => {
  it.effect(
    "no observer is left (P-211)",
    Effect.fnUntraced(function* () {
      const device = lab()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { connect } = yield* start(device.layer())
          const client = yield* connect
          yield* told(client, "?sensor-sampling count,volt event-rate 1 2")
          assert.isTrue(lab.observed(device.sensors().count))
        })
      )
      assert.isFalse(lab.observed(device.sensors().count))
      assert.isFalse(lab.observed(device.sensors().volt))
    })
  )
})
