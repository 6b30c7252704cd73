import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { boolean, float, observersOf, shown } from "./derived/support.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("a tree of boolean sensors", () => {
  it.effect(
    "a parent is true when all its children are, all the way up (A-461, A-462)",
    Effect.fnUntraced(function* () {
      const [top, left, right] = [yield* boolean("top"), yield* boolean("left"), yield* boolean("right")] as const
      const leaves = yield* Effect.forEach([0, 1, 2], (at) => boolean(`leaf${at}`, true))
      const [a, b, shared] = leaves as [(typeof leaves)[0], (typeof leaves)[0], (typeof leaves)[0]]
      const tree = yield* Sensor.SensorTree.all
      yield* tree.link(top, left)
      yield* tree.link(top, right)
      // no child of left has a reading yet
      assert.deepStrictEqual(shown(top), [false, "unknown"])
      yield* tree.link(left, a)
      yield* tree.link(left, shared)
      yield* tree.link(right, shared)
      yield* tree.link(right, b)
      assert.deepStrictEqual(shown(top), [true, "nominal"])
      yield* shared.set(false)
      assert.deepStrictEqual([top.value, left.value, right.value], [false, false, false])
      yield* shared.set(true)
      yield* b.set(false)
      assert.deepStrictEqual([top.value, left.value, right.value], [false, true, false])
      yield* tree.unlink(right, b)
      assert.deepStrictEqual([top.value, left.value, right.value], [true, true, true])
    })
  )

  it.effect(
    "knows children, parents and members; links that are there or are missing change nothing (A-461)",
    Effect.fnUntraced(function* () {
      const [top, left, leaf, other] = [
        yield* boolean("top"),
        yield* boolean("left"),
        yield* boolean("leaf", true),
        yield* boolean("other")
      ] as const
      const tree = yield* Sensor.SensorTree.all
      yield* tree.link(top, left)
      yield* tree.link(left, leaf)
      yield* tree.link(top, leaf)
      yield* tree.link(top, leaf)
      assert.deepStrictEqual(tree.children(top), [left, leaf])
      assert.deepStrictEqual(tree.children(leaf), [])
      assert.deepStrictEqual(tree.parents(leaf), [top, left])
      assert.deepStrictEqual(
        [top, left, leaf, other].map((sensor) => tree.has(sensor)),
        [true, true, true, false]
      )
      yield* tree.unlink(top, other)
      yield* tree.unlink(other, top)
      yield* tree.unlink(top, left)
      yield* tree.unlink(top, left)
      assert.deepStrictEqual(tree.children(top), [leaf])
      assert.isTrue(tree.has(left))
      assert.isTrue(yield* tree.remove(left))
      assert.isFalse(yield* tree.remove(left))
      assert.isFalse(tree.has(left))
      yield* leaf.set(false)
      assert.deepStrictEqual([top.value, left.value], [false, true])
    })
  )

  it.effect(
    "a child that ends is unlinked, one that is replaced must be linked again (A-464)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const define = Sensor.make("child", { type: Arg.Boolean, initial: false })
      const [top, child] = [yield* boolean("top"), yield* set.add(define)]
      const tree = yield* Sensor.SensorTree.all
      yield* tree.link(top, child)
      assert.isFalse(top.value)
      const fresh = yield* set.add(define)
      assert.deepStrictEqual(shown(top), [true, "nominal"])
      assert.isFalse(tree.has(child))
      yield* tree.link(top, fresh)
      assert.isFalse(top.value)
    })
  )

  it.effect(
    "refuses cycles, short and long, even through sensors derived elsewhere (A-461)",
    Effect.fnUntraced(function* () {
      const sensors = yield* Effect.forEach([0, 1, 2, 3], (at) => boolean(`s${at}`, true))
      const [a, b, c, outside] = sensors as [(typeof sensors)[0], ...typeof sensors] & {
        readonly 1: (typeof sensors)[0]
        readonly 2: (typeof sensors)[0]
        readonly 3: (typeof sensors)[0]
      }
      const tree = yield* Sensor.SensorTree.all
      const refused = Effect.fnUntraced(function* (effect: Effect.Effect<void, Sensor.InvalidLink>, text: string) {
        const failure = yield* Effect.flip(effect)
        assert.strictEqual(failure.reason, "cycle")
        assert.strictEqual(failure.message, text)
      })
      yield* refused(tree.link(a, a), "sensor s0: it cannot be its own child")
      yield* tree.link(a, b)
      yield* tree.link(b, c)
      yield* refused(tree.link(b, a), "sensor s1: sensor s0 depends on it")
      yield* refused(tree.link(c, a), "sensor s2: sensor s0 depends on it")
      yield* refused(tree.add(c, [outside, a]), "sensor s2: sensor s0 depends on it")
      assert.isFalse(tree.has(outside))
      assert.deepStrictEqual(tree.children(c), [])
      yield* Sensor.Derived.map(outside, a, (value) => !value)
      yield* refused(tree.link(c, outside), "sensor s2: sensor s3 depends on it")
      yield* tree.unlink(a, b)
      yield* tree.link(c, outside)
      assert.deepStrictEqual(tree.children(c), [outside])
    })
  )

  it.effect(
    "refuses sensors of other types, and a second rule for one parent (A-462, A-463)",
    Effect.fnUntraced(function* () {
      const tree = yield* Sensor.SensorTree.all
      const set = yield* Sensor.SensorSet.make
      yield* set.add(Sensor.make("number", { type: Arg.Float }))
      // only run time tells
      const number = set.get("number") as Sensor.LiveSensor<boolean>
      const flag = yield* boolean("flag")
      for (const effect of [tree.link(flag, number), tree.link(number, flag), tree.add(flag, [number])]) {
        const failure = yield* Effect.flip(effect)
        assert.strictEqual(failure.reason, "type")
        assert.include(failure.message, "sensor number is of type float")
      }
      yield* tree.add(flag, [])
      assert.deepStrictEqual(shown(flag), [true, "nominal"])
      const failure = yield* Effect.flip(tree.add(flag, []))
      assert.deepStrictEqual([failure.reason, failure.parent], ["taken", "flag"])
      yield* tree.remove(flag)
      yield* tree.add(flag, [])
    })
  )

  it.effect(
    "leaves nothing behind (trap: leaks)",
    Effect.fnUntraced(function* () {
      const [top, left, leaf] = [yield* boolean("top"), yield* boolean("left"), yield* boolean("leaf", true)] as const
      yield* Effect.scoped(
        Effect.gen(function* () {
          const tree = yield* Sensor.SensorTree.all
          yield* tree.link(top, left)
          yield* tree.link(left, leaf)
          assert.deepStrictEqual([leaf, left].map(observersOf), [1, 1])
        })
      )
      assert.deepStrictEqual([leaf, left].map(observersOf), [0, 0])
      yield* leaf.set(false)
      assert.isTrue(top.value)
    })
  )

  it.effect.prop(
    "equals a new computation after any links, unlinks and updates; cycles are refused exactly (A-461, A-462)",
    {
      steps: Schema.Array(
        Schema.Struct({
          what: Schema.Literals(["link", "link", "unlink", "set", "remove"]),
          one: between(0, 5),
          other: between(0, 5),
          value: Schema.Boolean
        })
      )
    },
    Effect.fnUntraced(function* ({ steps }) {
      const sensors = yield* Effect.forEach([0, 1, 2, 3, 4, 5], (at) => boolean(`s${at}`, true))
      const tree = yield* Sensor.SensorTree.all
      const model = new Map<number, Set<number>>()
      const values = sensors.map(() => true)
      const valueOf = (at: number): boolean => {
        const children = model.get(at)
        return children === undefined ? values[at]! : [...children].every(valueOf)
      }
      const reaches = (from: number, to: number): boolean =>
        from === to || [...(model.get(from) ?? [])].some((child) => reaches(child, to))
      for (const { one, other, value, what } of steps) {
        const [parent, child] = [sensors[one]!, sensors[other]!]
        if (what === "link") {
          const cyclic = reaches(other, one) && model.get(one)?.has(other) !== true
          const exit = yield* Effect.exit(tree.link(parent, child))
          assert.strictEqual(exit._tag, cyclic ? "Failure" : "Success")
          if (!cyclic) model.set(one, (model.get(one) ?? new Set()).add(other))
        } else if (what === "unlink") {
          yield* tree.unlink(parent, child)
          model.get(one)?.delete(other)
        } else if (what === "remove") {
          values[one] = valueOf(one)
          yield* tree.remove(parent)
          model.delete(one)
        } else if (!model.has(one)) {
          values[one] = value
          yield* parent.set(value)
        }
        assert.deepStrictEqual(
          sensors.map((sensor) => sensor.value),
          sensors.map((_, at) => valueOf(at))
        )
      }
    }),
    { arbitrary: { runs: 200, size: 40 } }
  )
})

describe("a tree of rules", () => {
  it.effect(
    "each parent has a rule of its own, or that of the tree (A-461, A-463)",
    Effect.fnUntraced(function* () {
      const [a, b] = [yield* float("a", 1), yield* float("b", 2)]
      const [sum, largest, all] = [yield* float("sum"), yield* float("largest"), yield* float("all")] as const
      const adding = (): Sensor.Derived.Rule<number, number> => {
        let total = 0
        return {
          add: ({ value }) => {
            total += value
          },
          remove: ({ value }) => {
            total -= value
          },
          compute: () => ({ value: total })
        }
      }
      const tree = yield* Sensor.SensorTree.make<number>(adding)
      yield* tree.add(sum, [a, b])
      yield* tree.add(largest, [a, b, sum], () => {
        const values = new Map<string, number>()
        return {
          add: ({ value }, { name }) => values.set(name, value),
          remove: (_, { name }) => values.delete(name),
          compute: () => ({ value: Math.max(...values.values()) })
        }
      })
      yield* tree.link(all, largest)
      assert.deepStrictEqual([sum.value, largest.value, all.value], [3, 3, 3])
      yield* a.set(-4)
      assert.deepStrictEqual([sum.value, largest.value, all.value], [-2, 2, 2])
      yield* tree.unlink(largest, b)
      assert.deepStrictEqual([sum.value, largest.value, all.value], [-2, -2, -2])
    })
  )
})
