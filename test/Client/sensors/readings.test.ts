/** Readings in `#sensor-status` and `#sensor-value`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Client } from "katcp"
import { Arg, type Dialect, Parser } from "katcp/Codec"
import { Protocol } from "katcp/Message"
import { type Any, LiveSensor, remote } from "katcp/Sensor"
import { takeReadings } from "../../../src/Client/sensors/readings.ts"
import { Dialect as Dialects, ParsedMessage } from "../../../src/Codec/index.ts"
import { logged } from "../connect.ts"
import { fake, version4 } from "./fake.ts"
import { pass } from "./site.ts"

const definitions: ReadonlyArray<Any> = [
  remote("int", { type: Arg.Int, initial: 42 }),
  remote("float", { type: Arg.Float }),
  remote("mode", { type: Arg.Discrete("on", "off"), initial: "off" }),
  remote("a name", { type: Arg.Text }),
  remote("time", { type: Arg.Timestamp })
]
const sensors = new Map(definitions.map((definition) => [definition.name, LiveSensor.makeUnsafe(definition, 0)]))

/** The result of an inform: each reading, each complaint. */
const taken = (line: string, dialect: Dialect.Dialect = Dialects.v5) => {
  const parser = new Parser()
  parser.feed(new TextEncoder().encode(`${line}\n`))
  const message = parser.next()
  assert.instanceOf(message, ParsedMessage)
  const all: Array<readonly [string, Client.RemoteReading<unknown> | string]> = []
  takeReadings(message as ParsedMessage, dialect, 99, {
    find: (inform, at) => sensors.get(inform.text(at)!),
    take: ({ name }, reading) => all.push([name, reading]),
    bad: (name, detail) => all.push([name, detail])
  })
  return all
}

const short = (line: string, dialect?: Dialect.Dialect) =>
  taken(line, dialect).map(([name, reading]) =>
    typeof reading === "string"
      ? `${name}: ${reading.split(":")[0]}`
      : `${name} ${reading.timestamp} ${reading.status} ${String(reading.value)} ${reading.received}`
  )

describe("the readings of an inform", () => {
  it("are as many as its count, each with its time of arrival (P-253, P-254, P-256)", () => {
    assert.deepStrictEqual(short("#sensor-status 1.5 1 int nominal 7"), ["int 1.5 nominal 7 99"])
    assert.deepStrictEqual(short("#sensor-status 1.5 0"), [])
    assert.deepStrictEqual(short("#sensor-status 1.5 3 int warn 7 mode error on float nominal -1e3"), [
      "int 1.5 warn 7 99",
      "mode 1.5 error on 99",
      "float 1.5 nominal -1000 99"
    ])
    assert.deepStrictEqual(short("#sensor-status 1 1 a\\_name nominal a\\_value"), ["a name 1 nominal a value 99"])
  })

  it("are ignored if count and arguments do not agree, or the time is malformed (P-253)", () => {
    for (const line of [
      "",
      " 1.5",
      " 1.5 1",
      " 1.5 1 int nominal",
      " 1.5 1 int nominal 7 float",
      " 1.5 2 int nominal 7",
      " 1.5 0 int nominal 7",
      " 1.5 -1",
      " 1.5 1.0 int nominal 7",
      " 1.5 one int nominal 7",
      " 1.5 \\@ int nominal 7",
      " 1.5 99999999999999999999 int nominal 7"
    ])
      assert.match(String(short(`#sensor-status${line}`)), /^(int)?: count and arguments do not agree$/, line)
    assert.deepStrictEqual(short("#sensor-status x 1 int nominal 7"), ["int: timestamp"])
    assert.deepStrictEqual(short("#sensor-status 1e999 1 int nominal 7"), ["int: timestamp"])
  })

  it("that are malformed affect no other sensor (P-256)", () => {
    assert.deepStrictEqual(
      short("#sensor-status 1 5 int nominal 1.5 float broken 1 none nominal 1 mode nominal dunno int nominal 2"),
      ["int: value", "float: status", "mode: value", "int 1 nominal 2 99"]
    )
  })

  it("with a status without a valid value need no value: the former value stays (P-173, Q-22)", () => {
    for (const status of ["unknown", "unreachable", "inactive", "failure"])
      assert.deepStrictEqual(short(`#sensor-status 1 1 int ${status} \\@`), [`int 1 ${status} 42 99`])
    for (const status of ["nominal", "warn", "error"])
      assert.deepStrictEqual(short(`#sensor-status 1 1 int ${status} \\@`), ["int: value"])
  })

  it("of version 4 have their times in milliseconds (P-311)", () => {
    assert.deepStrictEqual(short("#sensor-status 1500 1 int nominal 7", Dialects.v4), ["int 1.5 nominal 7 99"])
    assert.deepStrictEqual(short("#sensor-status 1500 1 time nominal 2500", Dialects.v4), ["time 1.5 nominal 2.5 99"])
    assert.strictEqual(Dialects.v4, Dialects.of(Protocol.make(4, 0)))
  })
})

describe("an inform of a mirrored sensor", () => {
  it.effect(
    "that is malformed is counted and logged, and the next one is accepted",
    Effect.fnUntraced(function* () {
      const test = Effect.gen(function* () {
        const { client, device } = yield* fake()
        device.add("a")
        yield* client.mirror("*")
        yield* client.synced
        yield* pass()
        yield* device.send(
          "#sensor-status 1 1 a nominal x",
          "#sensor-status",
          "nonsense",
          "#sensor-status 1 1 b nominal 1",
          "#sensor-status 2 1 a warn 3"
        )
        yield* pass()
        assert.strictEqual(client.anomalies.counts.BadReading, 2)
        assert.strictEqual(client.anomalies.counts.BadLine, 1)
        const { status, timestamp, value } = client.device.sensors.get("a")!.reading
        assert.deepStrictEqual([timestamp, status, value], [2, "warn", 3])
      })
      const { records } = yield* logged(test)
      assert.strictEqual(records.filter((record) => /a reading of sensor .* is malformed/.test(record)).length, 2)
    })
  )

  it.effect(
    "may be a #sensor-value if configured (A-378)",
    Effect.fnUntraced(function* () {
      for (const sensorValueInforms of [true, false]) {
        const { client, device } = yield* fake({ sensorValueInforms }, version4)
        device.add("a")
        yield* client.mirror("*")
        yield* client.synced
        yield* pass()
        yield* device.send("#sensor-value 1000 1 a warn 5")
        yield* pass()
        assert.strictEqual(client.device.sensors.get("a")!.value, sensorValueInforms ? 5 : 1)
      }
    })
  )
})
