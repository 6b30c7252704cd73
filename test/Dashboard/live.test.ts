import { assert, describe, it } from "@effect/vitest"
import type { Data, LiveDevice, Meta } from "../../src/Dashboard/frames.ts"
import { Live } from "../../src/Dashboard/state/Live.ts"
import { follow } from "../../src/Dashboard/state/Sensors.ts"
import { noReading } from "../../src/Dashboard/state/status.ts"
import { hello, surroundings } from "./surroundings.ts"

const meta = (index: number, name: string, type = "float"): Meta => [
  index,
  "m000",
  name,
  type,
  "degC",
  `The ${name}`,
  []
]
const device = (name: string, connected = true): LiveDevice => ({
  name,
  state: connected ? "Synced" : "Disconnected",
  connected,
  since: 900,
  counts: [0, 1, 0, 0, 0, 0, 0]
})

const made = () => {
  const world = surroundings()
  const live = new Live(world.around)
  live.start()
  let n = 0
  const say = (data: Omit<Data, "n" | "time">, time = 1000) => {
    world.socket.say({ n: ++n, time, ...data })
    world.paint()
  }
  const join = (epoch = "one", time = 1000) => world.socket.say(hello(epoch, time))
  const names = () => live.sensors.ordered.map(({ name }) => name)
  return { join, live, names, say, world }
}

/** The number of the newest subscription. */
const subOf = (sent: ReadonlyArray<object>): number =>
  (sent.findLast((frame) => "sub" in frame) as { readonly sub: number }).sub

describe("the state of the page", () => {
  it("accepts definitions, then readings with the time of the device", () => {
    const { join, live, say } = made()
    join()
    live.follow("all", 20)
    say({ meta: [meta(3, "a")], d: [[3, -250, 1, 21.5]] })
    const row = live.sensors.rows.get("m000/a")!
    assert.deepStrictEqual([row.value, row.code, row.time, row.live], [21.5, 1, 999.75, true])
    say({ d: [[3, null, 0, null]] })
    assert.deepStrictEqual([row.value, row.code, row.time], [null, noReading, Number.NaN])
  })

  it("shows a row only with the next painting, once for many changes", () => {
    const { join, live, world } = made()
    join()
    live.follow("all", 20)
    world.socket.say({ n: 1, time: 1000, meta: [meta(0, "a")], d: [[0, 0, 1, 1]] })
    world.paint()
    let shown = 0
    const end = follow(live.sensors.rows.get("m000/a")!, () => shown++)
    world.socket.say({ n: 2, time: 1000, d: [[0, 0, 1, 2]] })
    assert.strictEqual(shown, 0)
    world.socket.say({ n: 3, time: 1000, d: [[0, 0, 1, 3]] })
    world.paint()
    assert.strictEqual(shown, 1)
    end()
    world.socket.say({ n: 4, time: 1000, d: [[0, 0, 1, 4]] })
    world.paint()
    assert.strictEqual(shown, 1)
  })

  it("keeps names and last values while the gateway is away", () => {
    const { join, live, say, world } = made()
    join()
    live.follow("all", 20)
    say({ meta: [meta(0, "a")], d: [[0, 0, 1, 7]], devices: [device("m000")] })
    world.pass(5000)
    world.socket.end()
    const row = live.sensors.rows.get("m000/a")!
    assert.deepStrictEqual([row.value, row.live, live.state._tag, live.devices.size], [7, false, "lost", 1])
    assert.strictEqual(live.lostAt, 1005)
    world.pass(2000)
    assert.strictEqual(live.ago(live.lostAt!), 2)
  })

  it("after a reconnection, forgets sensors and devices that are gone, and only then", () => {
    const { join, live, names, say, world } = made()
    join()
    live.follow("all", 20)
    world.socket.say({ subscribed: subOf(world.socket.sent), sensors: 2 })
    say({ meta: [meta(0, "a"), meta(1, "b")], d: [[0, 0, 1, 7]], devices: [device("m000"), device("m001")] })
    assert.isTrue(live.settled)
    world.socket.end()
    world.pass(500)
    // another gateway, with other indices
    join("two")
    say({ devices: [device("m000")], meta: [meta(0, "b")], d: [[0, 0, 1, 9]] })
    assert.deepStrictEqual([...live.devices.keys()], ["m000"])
    assert.deepStrictEqual(names(), ["a", "b"], "its answer has not come")
    assert.strictEqual(live.sensors.rows.get("m000/a")!.value, 7)
    world.socket.say({ subscribed: subOf(world.socket.sent), sensors: 2 })
    assert.deepStrictEqual(names(), ["a", "b"], "one of two sensors is still to come")
    say({ meta: [meta(1, "c")], d: [[1, 0, 1, 1]] })
    assert.deepStrictEqual(names(), ["b", "c"])
    assert.strictEqual(live.sensors.rows.get("m000/b")!.value, 9)
  })

  it("distinguishes a removed sensor from one that the page no longer follows", () => {
    const { join, live, names, say } = made()
    join()
    const end = live.follow("all", 20)
    say({ meta: [meta(0, "a"), meta(1, "b")], d: [[0, 0, 1, 1]] })
    say({ gone: [1] })
    assert.deepStrictEqual(names(), ["a"])
    end()
    say({ gone: [0] })
    assert.deepStrictEqual(names(), ["a"])
    assert.isFalse(live.sensors.rows.get("m000/a")!.live)
    live.follow(new Set(["m000/a"]), 20)
    // the gateway need not define it again
    say({ d: [[0, 0, 2, 5]] })
    const row = live.sensors.rows.get("m000/a")!
    assert.deepStrictEqual([row.live, row.code, row.value], [true, 2, 5])
  })

  it("keeps the row of a sensor that is defined again; another type has no value yet", () => {
    const { join, live, say } = made()
    join()
    live.follow("all", 20)
    say({ meta: [meta(0, "a")], d: [[0, 0, 1, 1]] })
    const row = live.sensors.rows.get("m000/a")!
    say({ gone: [0], meta: [meta(5, "a", "string")] })
    assert.strictEqual(live.sensors.rows.get("m000/a"), row)
    assert.deepStrictEqual([row.type, row.value, row.code], ["string", null, noReading])
    // the old index means nothing any more
    say({ d: [[0, 0, 1, 1]] })
    assert.strictEqual(row.value, null)
    say({ d: [[5, 0, 1, "x"]] })
    assert.strictEqual(row.value, "x")
  })

  it("removes a device that the site no longer has, with its sensors", () => {
    const { join, live, names, say } = made()
    join()
    live.follow("all", 20)
    say({ meta: [meta(0, "a")], devices: [device("m000")] })
    say({ goneDevices: ["m000"] })
    assert.deepStrictEqual(names(), [])
    assert.strictEqual(live.devices.size, 0)
  })

  it("keeps the requests of a device until it receives others", () => {
    const { join, live, say } = made()
    join()
    say({ devices: [{ ...device("m000"), requests: ["track"] }] })
    say({ devices: [device("m000", false)] })
    assert.deepStrictEqual(live.devices.get("m000")!.requests, ["track"])
    say({ devices: [{ ...device("m000"), requests: [] }] })
    assert.deepStrictEqual(live.devices.get("m000")!.requests, [])
  })

  it("keeps rows while a hidden page follows nothing", () => {
    const { join, live, names, say } = made()
    join()
    live.follow("all", 20)
    say({ meta: [meta(0, "a")], d: [[0, 0, 1, 1]] })
    live.pause(true)
    say({ gone: [0] })
    assert.deepStrictEqual(names(), ["a"])
    live.pause(false)
    say({ d: [[0, 0, 1, 2]] })
    assert.strictEqual(live.sensors.rows.get("m000/a")!.value, 2)
  })

  it("takes the time from the gateway, whatever the browser's clock says", () => {
    const { join, live, world } = made()
    assert.isUndefined(live.clock.now)
    join("one", 5000)
    world.pass(1000)
    assert.strictEqual(live.clock.now, 5001)
    // a frame that was on its way for 300 ms changes nothing
    world.socket.say({ n: 1, time: 5000.7 })
    assert.strictEqual(live.clock.now, 5001)
    // one that was quicker does
    world.socket.say({ n: 2, time: 5001.2 })
    assert.strictEqual(live.clock.now, 5001.2)
    // the gateway's clock was set back
    world.socket.say({ n: 3, time: 4000 })
    assert.strictEqual(live.clock.now, 4000)
  })

  it("keeps at most 2,000 log records", () => {
    const { join, live, world } = made()
    join()
    for (let at = 0; at < 30; at++)
      world.socket.say({
        logs: Array.from({ length: 100 }, (_, line) => ["m000", "warn", at, "x", `${at * 100 + line}`] as const),
        lost: 1
      })
    assert.strictEqual(live.lines.all.length, 2000)
    assert.strictEqual(live.lines.all.at(-1)!.text, "2999")
    assert.strictEqual(live.lines.lost, 30)
  })
})
