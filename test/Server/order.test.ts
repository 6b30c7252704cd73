import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, Sensor } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start } from "./harness.ts"

const count = 5000
class Lab extends Interface.make("lab").add(
  Request.make("sleep", { doc: "Reply after so many seconds.", args: { seconds: Arg.Float } }),
  Request.make("count", {
    doc: "Count slowly.",
    args: { to: Arg.Int },
    informs: { number: Arg.Int },
    reply: { count: Arg.Int }
  }),
  Request.make("free", { doc: "Sleep beside others.", args: { seconds: Arg.Float }, concurrency: "concurrent" })
) {}

const live = Lab.toLayer(
  Effect.gen(function* () {
    const set = yield* Lab.sensorSet
    for (let n = 0; n < count; n++) yield* set.add(Sensor.make(`s${n}`, { type: Arg.Int, initial: n }))
    const sleep = ({ seconds }: { readonly seconds: number }) => Effect.sleep(seconds * 1000)
    return {
      sleep,
      free: sleep,
      count: Effect.fnUntraced(function* ({ to }, { inform }) {
        for (let number = 0; number < to; number++) {
          inform({ number })
          yield* Effect.sleep("1 second")
        }
        return { count: to }
      })
    }
  })
)
const device = (options?: Parameters<typeof serve>[1]) => serve(Lab, options).pipe(Layer.provide(live))

/** The subject of a reply or inform: `#sensor-list s1` or `!sensor-list ok 1`. */
const short = (line: string): string =>
  line
    .split(" ")
    .slice(0, line.startsWith("!") ? 3 : 2)
    .join(" ")

describe("requests without ids (P-056, Q-24)", () => {
  for (const [version, protocol] of [
    ["4", Message.Protocol.make(4, 0)],
    ["5", undefined]
  ] as const)
    it.effect(
      `are answered whole and in order at version ${version}: a long list of sensors is not mixed with the next`,
      Effect.fnUntraced(function* () {
        const { dial } = yield* start(device({ protocol }))
        for (const name of ["sensor-list", "sensor-value"]) {
          const client = yield* dial()
          yield* client.settle
          yield* say(client, `?${name}`, `?${name} s1`, "?watchdog")
          const lines = (yield* client.settle).map(short)
          assert.lengthOf(lines, count + 4)
          assert.deepStrictEqual(lines.slice(count), [
            `!${name} ok ${count}`,
            name === "sensor-list" ? "#sensor-list s1" : lines[count + 1],
            `!${name} ok 1`,
            "!watchdog ok"
          ])
          assert.isTrue(lines.slice(0, count).every((line) => line.startsWith(`#${name} `)))
        }
      })
    )

  it.live(
    "are answered in order even if the engine for regular expressions is loaded late",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(device())
      const client = yield* dial()
      yield* client.settle
      yield* say(client, "?sensor-list /^s12$/", "?sensor-list s1", "?watchdog")
      const lines: Array<string> = []
      while (lines.at(-1) !== "!watchdog ok") lines.push(short(yield* client.next))
      assert.deepStrictEqual(lines, [
        "#sensor-list s12",
        "!sensor-list ok 1",
        "#sensor-list s1",
        "!sensor-list ok 1",
        "!watchdog ok"
      ])
    })
  )

  it.effect(
    "are answered in order by handlers, too: those of a slow one are not mixed with the informs of the next",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(device())
      const client = yield* connect
      yield* client.settle
      yield* say(client, "?count 2", "?count 1", "?sleep 1", "?watchdog")
      for (let second = 0; second < 4; second++) yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, [
        "#count 0",
        "#count 1",
        "!count ok 2",
        "#count 0",
        "!count ok 1",
        "!sleep ok",
        "!watchdog ok"
      ])
    })
  )

  it.effect(
    "run concurrently if the request, or the server's options, say so",
    Effect.fnUntraced(function* () {
      const one = yield* start(device())
      const client = yield* one.connect
      yield* client.settle
      yield* say(client, "?free 5", "?watchdog")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog ok"])
      const free = yield* start(device({ concurrency: "concurrent" }))
      const other = yield* free.connect
      yield* other.settle
      yield* say(other, "?sleep 5", "?watchdog", "?sensor-list", "?sensor-list s1")
      const lines = (yield* other.settle).map(short)
      assert.strictEqual(lines[0], "!watchdog ok")
      // the lists of the standard are in order all the same
      assert.deepStrictEqual(lines.slice(-3), [`!sensor-list ok ${count}`, "#sensor-list s1", "!sensor-list ok 1"])
    })
  )
})

describe("maxInFlight", () => {
  it.effect(
    "is used fully: of sleeps of 10, 5, 2 and 4 seconds, three at once, the fourth ends at 6",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(device({ maxInFlight: 3 }))
      const client = yield* connect
      yield* client.settle
      yield* say(client, "?sleep[1] 10", "?sleep[2] 5", "?sleep[3] 2", "?sleep[4] 4")
      const ended: Array<string> = []
      for (let second = 0; second <= 12; second++) {
        for (const line of yield* client.settle) ended.push(`${second} ${line}`)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(ended, ["2 !sleep[3] ok", "5 !sleep[2] ok", "6 !sleep[4] ok", "10 !sleep[1] ok"])
    })
  )
})
