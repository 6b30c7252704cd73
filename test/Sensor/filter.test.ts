import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"

const setOf = Effect.fnUntraced(function* (...names: ReadonlyArray<string>) {
  const set = yield* Sensor.SensorSet.make
  for (const name of names) yield* set.add(Sensor.remote(name, { type: Arg.SafeInt }))
  return set
})
const devices = setOf("psu.volt-5", "psu.volt-12", "psu.amp", "test.int", "test.bool", "Volt")
const select = Effect.fnUntraced(function* (filter: string) {
  const set = yield* devices
  return (yield* set.select(filter)).map((sensor) => sensor.name)
})

describe("select", () => {
  it.effect(
    "a name selects that sensor or none (P-191, P-251, A-274)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* select("psu.amp"), ["psu.amp"])
      for (const name of ["psu", "psu.am.", "", "x"])
        assert.strictEqual((yield* Effect.flip(select(name))).message, `Unknown sensor '${name}'`)
    })
  )

  it.effect(
    "/regex/ searches in the names; no match is not a failure (P-192, P-251, A-274, Q-21)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* select("/volt/"), ["psu.volt-12", "psu.volt-5"])
      assert.deepStrictEqual(yield* select("/^test.b|amp$/"), ["psu.amp", "test.bool"])
      assert.deepStrictEqual(yield* select("/zzz/"), [])
      assert.deepStrictEqual(yield* select("/t\\.i/"), ["test.int"])
    })
  )

  it.effect(
    "// selects all, a lone / is a name (P-192)",
    Effect.fnUntraced(function* () {
      const set = yield* devices
      assert.deepStrictEqual(yield* set.select("//"), set.values)
      assert.strictEqual((yield* Effect.flip(select("/"))).message, "Unknown sensor '/'")
      assert.strictEqual((yield* Effect.flip(select("/psu"))).message, "Unknown sensor '/psu'")
      assert.strictEqual((yield* Effect.flip(select("psu/"))).message, "Unknown sensor 'psu/'")
      const odd = yield* setOf("a/b", "/")
      assert.deepStrictEqual(
        (yield* odd.select("///")).map(({ name }) => name),
        ["/", "a/b"]
      )
    })
  )

  it.effect(
    "accepts Python's syntax (P-192, A-274)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* select("/(?i)VOLT/"), ["Volt", "psu.volt-12", "psu.volt-5"])
      assert.deepStrictEqual(yield* select("/(?P<unit>volt)-\\d{2}/"), ["psu.volt-12"])
      assert.deepStrictEqual(yield* select("/psu\\.(?:volt|amp)$/"), ["psu.amp"])
    })
  )

  it.effect(
    "a bad expression fails with what is wrong (P-192)",
    Effect.fnUntraced(function* () {
      for (const [filter, text] of [
        ["/[/", /bad regular expression: .*missing closing \]/],
        ["/*/", /bad regular expression/],
        ["/(a)\\1/", /bad regular expression/],
        ["/(?P<n>a)(?P=n)/", /bad regular expression/],
        ["/(?=a)/", /bad regular expression/]
      ] as const) {
        const failure = yield* Effect.flip(select(filter))
        assert.strictEqual(failure._tag, "InvalidFilter")
        assert.match(failure.message, text)
      }
    })
  )

  it.effect(
    "an exponential expression fails or ends in bounded time (P-192)",
    Effect.fnUntraced(function* () {
      const set = yield* setOf("a".repeat(64), `${"a".repeat(64)}b`)
      assert.strictEqual((yield* set.select("/^(a+)+$/")).length, 1)
      assert.strictEqual((yield* set.select("/(x+x+)+y/")).length, 0)
      for (const pattern of ["(a{1000}){1000}", "(((a?){10}){10}){20}", "a".repeat(5000), "(".repeat(4000)]) {
        const failure = yield* Effect.flip(set.select(`/${pattern}/`))
        assert.strictEqual(failure._tag, "InvalidFilter")
        assert.isAtMost(failure.message.length, 300)
      }
    })
  )

  it.effect(
    "gives up after two seconds of computing (P-192)",
    Effect.fnUntraced(function* () {
      const set = yield* setOf(...Array.from({ length: 20_000 }, (_, n) => `s${n}`))
      let [now, slow] = [0n, 0n]
      const clock: Clock.Clock = {
        ...(yield* Clock.Clock),
        monotonicTimeNanosUnsafe: () => {
          now += slow
          return now
        }
      }
      const selecting = Effect.provideService(set.select("/s1/"), Clock.Clock, clock)
      assert.isNotEmpty(yield* selecting)
      slow = 600_000_000n
      const failure = yield* Effect.flip(selecting)
      assert.match(failure.message, /takes too long/)
    })
  )

  it.effect(
    "yields to others while it walks a large set, and skips sensors removed meanwhile",
    Effect.fnUntraced(function* () {
      const set = yield* setOf(...Array.from({ length: 30_000 }, (_, n) => `s${n}`))
      // so the package is loaded
      yield* Sensor.nameFilter("/a/")
      const fiber = yield* Effect.forkChild(set.select("/[13579]$/"), { startImmediately: true })
      assert.isTrue(fiber.pollUnsafe() === undefined)
      yield* set.remove("s1")
      yield* set.remove("s29999")
      const names = (yield* Fiber.join(fiber)).map((sensor) => sensor.name)
      assert.strictEqual(names.length, 14_998)
      assert.notInclude(names, "s1")
      assert.notInclude(names, "s29999")
    })
  )
})

describe("nameFilter", () => {
  it.effect(
    "can be used on any names (A-274)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* Sensor.nameFilter("a.b"), { _tag: "Name", name: "a.b" })
      const filter = yield* Sensor.nameFilter("/b$/")
      if (filter._tag !== "Pattern") return assert.fail("it is a pattern")
      assert.strictEqual(filter.pattern, "b$")
      assert.deepStrictEqual(["ab", "ba", "b"].filter(filter.matches), ["ab", "b"])
    })
  )
})
