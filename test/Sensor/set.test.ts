import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"

const immediately = { startImmediately: true } as const
const define = (name: string) => Sensor.make(name, { type: Arg.SafeInt })

const names = ["a", "b", "c", "d"] as const
const Name = Schema.Literals(names)

/** Adds a sensor from code that is not an effect, as a listener is. */
const addNow = (set: Sensor.SensorSet, name: string) => Effect.runSync(set.add(define(name)))

/** A set that keeps what it told, each notification as one list. */
const watched = Effect.gen(function* () {
  const set = yield* Sensor.SensorSet.make
  const told: Array<ReadonlyArray<string>> = []
  set.onChange((changes) => told.push(changes.map(({ _tag, name }) => `${_tag} ${name}`)))
  return { set, told }
})

/** Looks up all names of a list as a server does. */
const found = (set: Sensor.SensorSet, list: ReadonlyArray<string>) => {
  const text = list.join(",")
  let former: Sensor.LiveSensor<unknown> | undefined
  let at = 0
  return list.map((name) => {
    const sensor = set.getNext(former, text, at, at + name.length)
    at += name.length + 1
    former = sensor ?? former
    return sensor
  })
}

describe("SensorSet", () => {
  it.effect.prop(
    "lists of names find what single names find, in any order, while sensors come, go and change sets (P-230)",
    {
      steps: Schema.Array(
        Schema.Struct({
          name: Name,
          step: Schema.Literals(["add", "remove", "move"]),
          lists: Schema.Array(Schema.Array(Schema.Literals([...names, "ab", ""])))
        })
      )
    },
    Effect.fnUntraced(function* ({ steps }) {
      const [set, other] = [yield* Sensor.SensorSet.make, yield* Sensor.SensorSet.make]
      for (const { lists, name, step } of steps) {
        const sensor = set.get(name)
        if (step === "add") yield* set.add(define(name))
        else if (sensor !== undefined) {
          yield* set.remove(sensor)
          if (step === "move") yield* other.add(sensor)
        }
        for (const list of lists) {
          assert.deepStrictEqual(
            found(set, list),
            list.map((one) => set.get(one))
          )
          assert.deepStrictEqual(
            found(other, list),
            list.map((one) => other.get(one))
          )
        }
      }
    }),
    { arbitrary: { runs: 200, size: 30 } }
  )

  it.effect(
    "a sensor that was removed keeps no other one (P-230)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      for (const name of ["d", "c", "b", "a"]) yield* set.add(define(name))
      const [a, b] = set.values
      // the order of ?sensor-list is expected first
      assert.strictEqual(a!.follower, b)
      assert.deepStrictEqual(found(set, ["a", "b", "c"]), set.values.slice(0, 3))
      yield* set.remove("b")
      // otherwise a chain of removed sensors would stay in memory
      assert.isUndefined(b!.follower)
      assert.deepStrictEqual(found(set, ["a", "c"]), [a, set.get("c")])
      assert.strictEqual(a!.follower, set.get("c"))
    })
  )

  it.effect(
    "sensors are added at any time and found by name (A-249, A-251, B-139)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      assert.strictEqual(set.size, 0)
      yield* TestClock.adjust("3 seconds")
      const added = yield* set.add(define("b"))
      yield* set.add(define("c"))
      yield* set.add(define("a"))
      assert.strictEqual(added.reading.timestamp, 3)
      assert.strictEqual(set.size, 3)
      assert.isTrue(set.has("b"))
      assert.isFalse(set.has("B"))
      assert.strictEqual(set.get("b"), added)
      assert.isUndefined(set.get("toString"))
      assert.strictEqual(yield* set.find("b"), added)
    })
  )

  it.effect(
    "an unknown name fails with the text that clients look for (P-191, P-251, A-251)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const failure = yield* Effect.flip(set.find("nosuch"))
      assert.strictEqual(failure._tag, "UnknownSensor")
      assert.strictEqual(failure.message, "Unknown sensor 'nosuch'")
    })
  )

  it.effect(
    "its sensors are sorted by name, and the list is rebuilt only after a change (P-190)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const names = ["b", "a.b", "a", "a-b", "B", "a10", "a2", "_", "Z", "0"]
      for (const name of names) yield* set.add(define(name))
      assert.deepStrictEqual(set.names, [...names].sort())
      assert.deepStrictEqual(
        set.values.map((sensor) => sensor.name),
        [...names].sort()
      )
      assert.strictEqual(set.values, set.values)
      yield* set.remove("a")
      yield* set.add(define("a1"))
      assert.deepStrictEqual(set.names, ["0", "B", "Z", "_", "a-b", "a.b", "a1", "a10", "a2", "b"])
    })
  )

  it.effect(
    "a sensor of the same name replaces the old one, which ends (P-170, P-235, A-249, B-139)",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      const old = yield* set.add(define("a"))
      const ended: Array<string> = []
      old.attach({ update: () => assert.fail("told of a reading"), ended: (sensor) => ended.push(sensor.name) })
      const fresh = yield* set.add(Sensor.make("a", { type: Arg.Text }))
      assert.isTrue(old.ended)
      assert.isFalse(fresh.ended)
      assert.strictEqual(set.get("a"), fresh)
      assert.strictEqual(set.size, 1)
      assert.deepStrictEqual(set.values, [fresh])
      assert.deepStrictEqual(ended, ["a"])
      yield* old.set(1)
      assert.deepStrictEqual(told, [["Added a"], ["Replaced a"]])
    })
  )

  it.effect(
    "removes by name or by sensor; the sensor ends once; false for an unknown one (P-235, A-250)",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      const a = yield* set.add(define("a"))
      const b = yield* set.add(define("b"))
      let ended = 0
      a.attach({ update: () => {}, ended: () => ended++ })
      assert.isTrue(yield* set.remove("a"))
      assert.isFalse(yield* set.remove("a"))
      assert.isFalse(yield* set.remove(a))
      assert.strictEqual(ended, 1)
      const another = yield* set.add(define("b"))
      assert.isFalse(yield* set.remove(b))
      assert.strictEqual(set.get("b"), another)
      assert.isTrue(yield* set.remove(another))
      assert.strictEqual(set.size, 0)
      assert.deepStrictEqual(told, [["Added a"], ["Added b"], ["Removed a"], ["Replaced b"], ["Removed b"]])
    })
  )

  it.effect(
    "accepts live sensors, too; an existing one stays, a removed one may come back (A-249, B-139)",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      const live = yield* Sensor.LiveSensor.make(define("a"))
      yield* live.set(5)
      assert.strictEqual(yield* set.add(live), live)
      assert.strictEqual(yield* set.add(live), live)
      assert.isFalse(live.ended)
      yield* set.remove(live)
      assert.isTrue(live.ended)
      yield* set.add(live)
      assert.isFalse(live.ended)
      assert.strictEqual(set.get("a")?.reading.value, 5)
      assert.deepStrictEqual(told, [["Added a"], ["Removed a"], ["Added a"]])
    })
  )

  it.effect(
    "notifies listeners of changes, with the sensors, until they unsubscribe (B-139)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const told: Array<Sensor.SensorSetChange> = []
      const listener = (changes: ReadonlyArray<Sensor.SensorSetChange>) => told.push(...changes)
      const off = set.onChange(listener)
      const offAgain = set.onChange(listener)
      offAgain()
      const a = yield* set.add(define("a"))
      const b = yield* set.add(define("a"))
      yield* set.remove("a")
      off()
      yield* set.add(define("c"))
      assert.deepStrictEqual(
        told.map(({ _tag, sensor }) => [_tag, sensor === a ? "a" : sensor === b ? "b" : "other"]),
        [
          ["Added", "a"],
          ["Replaced", "b"],
          ["Removed", "b"]
        ]
      )
    })
  )

  it.effect(
    "a listener that throws does not stop the others, and changes by a listener are reported afterwards (B-139)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const told: Array<string> = []
      set.onChange(() => {
        throw new Error("broken")
      })
      set.onChange(([change]) => {
        if (change?.name === "a") addNow(set, "b")
      })
      set.onChange((changes) => told.push(changes.map(({ name }) => name).join()))
      const exit = yield* Effect.exit(set.add(define("a")))
      assert.strictEqual(exit._tag, "Failure")
      assert.deepStrictEqual(told, ["a", "b"])
      assert.deepStrictEqual(set.names, ["a", "b"])
    })
  )
})

describe("batch", () => {
  it.effect(
    "interface-changed storm: 1,000 adds in a batch give one inform (trap, B-139)",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      yield* set.batch(
        Effect.gen(function* () {
          for (let n = 0; n < 1000; n++) yield* set.add(define(`s${n}`))
          assert.strictEqual(set.size, 1000)
        })
      )
      assert.strictEqual(told.length, 1)
      assert.strictEqual(told[0]?.length, 1000)
    })
  )

  it.effect(
    "merges changes of one name, and drops those that cancel out",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      for (const name of ["gone", "back", "new", "twice"]) yield* set.add(define(name))
      told.length = 0
      yield* set.batch(
        Effect.gen(function* () {
          yield* set.remove("gone")
          yield* set.remove("back")
          yield* set.add(define("back"))
          yield* set.add(define("twice"))
          yield* set.add(define("twice"))
          yield* set.add(define("brief"))
          yield* set.remove("brief")
          yield* set.add(define("added"))
          yield* set.add(define("added"))
          yield* set.add(define("new"))
          yield* set.remove("new")
        })
      )
      assert.deepStrictEqual(told, [["Removed gone", "Replaced back", "Replaced twice", "Added added", "Removed new"]])
      yield* set.batch(Effect.andThen(set.add(define("brief")), set.remove("brief")))
      assert.strictEqual(told.length, 1)
    })
  )

  it.effect.prop(
    "reports exactly the resulting differences",
    {
      before: Schema.Array(Name),
      steps: Schema.Array(Schema.Struct({ name: Name, add: Schema.Boolean }))
    },
    Effect.fnUntraced(function* ({ before, steps }) {
      const { set, told } = yield* watched
      for (const name of new Set(before)) yield* set.add(define(name))
      told.length = 0
      const then = new Map(set.values.map((sensor) => [sensor.name, sensor]))
      yield* set.batch(
        Effect.gen(function* () {
          for (const { add, name } of steps) {
            if (add) yield* set.add(define(name))
            else yield* set.remove(name)
          }
        })
      )
      const expected = names.flatMap((name) => {
        const [was, is] = [then.get(name), set.get(name)]
        if (was === is) return []
        return [`${was === undefined ? "Added" : is === undefined ? "Removed" : "Replaced"} ${name}`]
      })
      assert.deepStrictEqual([...(told[0] ?? [])].sort(), expected.sort())
      assert.isAtMost(told.length, 1)
    }),
    { arbitrary: { runs: 200, size: 30 } }
  )

  it.effect(
    "sensors end at once, within the batch (P-235)",
    Effect.fnUntraced(function* () {
      const { set } = yield* watched
      const a = yield* set.add(define("a"))
      yield* set.batch(
        Effect.gen(function* () {
          yield* set.remove("a")
          assert.isTrue(a.ended)
        })
      )
    })
  )

  it.effect(
    "reports the changes so far if it fails or is interrupted, and batches may overlap",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      const failed = yield* Effect.exit(set.batch(Effect.andThen(set.add(define("a")), Effect.fail("no"))))
      assert.strictEqual(failed._tag, "Failure")
      assert.deepStrictEqual(told, [["Added a"]])
      const hanging = yield* Effect.forkChild(
        set.batch(Effect.andThen(set.add(define("b")), Effect.never)),
        immediately
      )
      yield* set.batch(set.add(define("c")))
      assert.deepStrictEqual(told, [["Added a"]])
      yield* Fiber.interrupt(hanging)
      assert.deepStrictEqual(told, [["Added a"], ["Added b", "Added c"]])
      const inner = yield* set.batch(set.batch(Effect.as(set.add(define("d")), "result")))
      assert.strictEqual(inner, "result")
      assert.deepStrictEqual(told.slice(2), [["Added d"]])
    })
  )
})

describe("changes of a set", () => {
  it.effect(
    "are emitted by a Stream; a slow reader gets each name once (B-139)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const got: Array<ReadonlyArray<string>> = []
      const go = yield* Deferred.make<void>()
      yield* Effect.forkChild(
        Stream.runForEach(set.changes, (changes) =>
          Effect.suspend(() => {
            got.push(changes.map(({ _tag, name }) => `${_tag} ${name}`))
            return Deferred.await(go)
          })
        ),
        immediately
      )
      yield* set.add(define("a"))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(got, [["Added a"]])
      for (let round = 0; round < 500; round++) {
        yield* set.add(define("b"))
        yield* set.add(define("brief"))
        yield* set.remove("brief")
        yield* set.add(define("a"))
      }
      yield* Deferred.succeed(go, undefined)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(got, [["Added a"], ["Added b", "Replaced a"]])
    })
  )
})
