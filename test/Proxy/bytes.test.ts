/** The bytes of readings on their way through a proxy. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Codec, Message } from "katcp"
import { FakeDevice, version4, withBulk } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork, siteOf } from "../Site/network.ts"
import { rawOf, serveProxy } from "./network.ts"

const types = ["integer", "float", "boolean", "string", "timestamp", "address", "discrete one two"]

/** A device that the test plays, with a sensor of each type, and a proxy of it at port 9. */
const played = (device: 4 | 5, proxy: 4 | 5) =>
  Effect.gen(function* () {
    const fake = new FakeDevice()
    for (const type of types) fake.add(type.split(" ")[0]!, `doc \\@ ${type}`, "unknown \\@")
    const site = yield* siteOf({})
    yield* site.add("m000", yield* fakeAt(1, fake, () => (device === 4 ? version4 : withBulk)))
    yield* serveProxy(site, 9, {
      figuresEvery: "1 day",
      server: proxy === 4 ? { protocol: Message.Protocol.make(4, 0, "M") } : {}
    })
    yield* pass("1 second")
    const raw = yield* rawOf(9)
    yield* pass()
    yield* raw.settle
    return { fake, raw, site }
  })

/** The arguments of `#sensor-status` or `#sensor-value` without the prefix of the device. */
const argumentsOf = (line: string) => line.replace(/^\S+ /, "").replace(" m000.", " ")

describe("a reading whose device and client speak the same version", () => {
  const cases: ReadonlyArray<readonly [4 | 5, ReadonlyArray<string>]> = [
    [
      5,
      [
        "1764432000.123456 1 float nominal 1.50",
        "1764432000.1234567 1 float warn 1e3",
        "1764432000.100000 1 integer nominal +007",
        "1764432000 1 integer error -0",
        "0000012.5 1 boolean nominal 1",
        "0.0 1 timestamp nominal 12.000000",
        "12.0 1 address nominal 10.0.0.1:07147",
        "1764432000.12345678901234567 1 discrete nominal two",
        "1764432000.25 1 string nominal \\@",
        "1764432000.25 1 string nominal a\\_b\\\\\\n\\t\\e\\0\u00ff\u0080",
        `1764432000.25 1 string nominal ${"long\\_".repeat(1000)}`,
        "1764432000.25 1 string unreachable gone",
        "1764432000.25 1 float inactive 3."
      ]
    ],
    [
      4,
      [
        "1764432000123 1 float nominal 1.50",
        "1764432000123.250 1 float warn 1e3",
        "0001764432000123 1 integer nominal +007",
        "12 1 boolean nominal 1",
        "12 1 timestamp nominal 12000.5",
        "1764432000123 1 string nominal a\\_b\\\\\u00ff"
      ]
    ]
  ]
  for (const [version, readings] of cases)
    it.effect(`passes unchanged, as a report, with others in one inform, and on request: version ${version}`, () =>
      Effect.gen(function* () {
        const { fake, raw } = yield* played(version, version)
        for (const type of types) yield* raw.send(`?sensor-sampling m000.${type.split(" ")[0]} auto\n`)
        yield* pass()
        yield* raw.settle
        for (const reading of readings) {
          yield* fake.send(`#sensor-status ${reading}`)
          yield* pass()
          assert.deepStrictEqual((yield* raw.settle).map(argumentsOf), [reading])
          yield* raw.send(`?sensor-value m000.${reading.split(" ")[2]}\n`)
          yield* pass()
          assert.strictEqual(argumentsOf((yield* raw.settle)[0]!), reading)
        }
        yield* fake.send(`#sensor-status ${readings[0]!.replace(" 1 ", " 2 ")} string nominal b\\_`)
        yield* pass()
        const time = readings[0]!.split(" ")[0]!
        assert.deepStrictEqual((yield* raw.settle).map(argumentsOf), [readings[0], `${time} 1 string nominal b\\_`])
      }).pipe(Effect.scoped, onNetwork)
    )

  it.effect("is written again if its message is not canonical", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played(5, 5)
      yield* raw.send("?sensor-sampling m000.string auto\n?sensor-sampling m000.float auto\n")
      yield* pass()
      yield* raw.settle
      for (const [came, went] of [
        ["#sensor-status  12.5\t1  string   nominal  a\\@b", "12.5 1 string nominal ab"],
        ["#sensor-status +12.50 1 string nominal c ", "12.5 1 string nominal c"],
        ["#sensor-status 1.25e1 1 string nominal d", "12.5 1 string nominal d"],
        ["#sensor-status 12. 1 string nominal e", "12.0 1 string nominal e"],
        [`#sensor-status 12.${"0".repeat(50)} 1 string nominal f`, "12.0 1 string nominal f"]
      ] as const) {
        yield* fake.send(came)
        yield* pass()
        assert.deepStrictEqual((yield* raw.settle).map(argumentsOf), [went])
      }
      yield* fake.send("#sensor-status 1.50 1 float nominal 2.50")
      yield* fake.send("#sensor-status 3.50 1 float failure nothing")
      yield* pass()
      assert.deepStrictEqual((yield* raw.settle).map(argumentsOf), [
        "1.50 1 float nominal 2.50",
        "3.50 1 float failure 2.50"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect.prop(
    "passes unchanged, whatever its time and value are",
    {
      whole: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9_999_999_999 })),
      places: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))),
      value: Schema.Uint8Array
    },
    ({ places, value, whole }) =>
      Effect.gen(function* () {
        const { fake, raw } = yield* played(5, 5)
        yield* raw.send("?sensor-sampling m000.string auto\n")
        yield* pass()
        yield* raw.settle
        const time = places.length === 0 ? `${whole}` : `${whole}.${places.slice(0, 20).join("")}`
        const text = Codec.toLatin1(Codec.escapeArgument(value))
        yield* fake.send(`#sensor-status ${time} 1 string nominal ${text}`)
        yield* pass()
        const reading = `${time} 1 string nominal ${text}`
        assert.deepStrictEqual((yield* raw.settle).map(argumentsOf), [reading])
        yield* raw.send("?sensor-value m000.string\n")
        yield* pass()
        assert.strictEqual(argumentsOf((yield* raw.settle)[0]!), reading)
      }).pipe(Effect.scoped, onNetwork),
    { arbitrary: { runs: 60, size: 12 }, timeout: 600_000 }
  )
})

describe("a reading of a device of another version", () => {
  it.effect("of version 5 at a client of 4: times in whole milliseconds", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played(5, 4)
      for (const name of ["float", "timestamp"]) yield* raw.send(`?sensor-sampling m000.${name} auto\n`)
      yield* pass()
      yield* raw.settle
      yield* fake.send("#sensor-status 1764432000.1234567 1 float nominal 1.50")
      yield* fake.send("#sensor-status 12 1 timestamp nominal 12.5")
      yield* pass()
      assert.deepStrictEqual((yield* raw.settle).map(argumentsOf), [
        "1764432000123 1 float nominal 1.5",
        "12000 1 timestamp nominal 12500"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("of version 4 at a client of 5: times in seconds", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played(4, 5)
      for (const name of ["float", "timestamp"]) yield* raw.send(`?sensor-sampling[1] m000.${name} auto\n`)
      yield* pass()
      yield* raw.settle
      yield* fake.send("#sensor-status 1764432000123 1 float nominal 1.50")
      yield* fake.send("#sensor-status 12000 1 timestamp nominal 12500")
      yield* pass()
      assert.deepStrictEqual((yield* raw.settle).map(argumentsOf), [
        "1764432000.123 1 float nominal 1.5",
        "12.0 1 timestamp nominal 12.5"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )
})
