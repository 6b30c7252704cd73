import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import { Deadlines, Timed } from "../../../src/Client/connection/Deadlines.ts"

class Task extends Timed {
  readonly timeout: number
  readonly onExpire: (task: Task) => void

  constructor(timeout: number, onExpire: (task: Task) => void) {
    super()
    this.timeout = timeout
    this.onExpire = onExpire
  }

  expire(): void {
    this.onExpire(this)
  }
}

/** The deadlines of the clock of the test; `sleeping` says how many timers there are. */
const setUp = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  let started = 0
  let sleeping = 0
  const counted: Clock.Clock = {
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
    currentTimeMillis: clock.currentTimeMillis,
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => {
      started++
      sleeping++
      return Effect.ensuring(
        clock.sleep(duration),
        Effect.sync(() => sleeping--)
      )
    }
  }
  const use = Effect.acquireRelease(
    Effect.sync(() => {
      const deadlines = Deadlines.of(counted)
      deadlines.enter()
      return deadlines
    }),
    (deadlines) => Effect.sync(() => deadlines.leave())
  )
  const deadlines = yield* use
  return { deadlines, use, sleeping: () => sleeping, started: () => started }
})

describe("deadlines", () => {
  it.effect(
    "have one timer, however many there are, and no timer when all are done (trap: timers stay)",
    Effect.fnUntraced(function* () {
      const { deadlines, sleeping, started } = yield* setUp
      const tasks = Array.from({ length: 1000 }, () => new Task(5000, () => assert.fail("removed")))
      for (const task of tasks) {
        deadlines.add(task, deadlines.now())
        deadlines.remove(task)
      }
      assert.strictEqual(started(), 1)
      yield* TestClock.adjust(5000)
      assert.strictEqual(sleeping(), 0)
      const ends: Array<number> = []
      for (const timeout of [5000, 3000, 4000, 1000]) {
        deadlines.add(new Task(timeout, () => ends.push(deadlines.now())), deadlines.now())
        yield* TestClock.adjust(0)
        assert.strictEqual(sleeping(), 1)
      }
      yield* TestClock.adjust(10000)
      assert.deepStrictEqual(ends, [6000, 8000, 9000, 10000])
      assert.strictEqual(sleeping(), 0)
      assert.isAtMost(started(), 8)
    })
  )

  it.effect(
    "without end set no timer; the last user that leaves stops it",
    Effect.fnUntraced(function* () {
      const scope = yield* Scope.make()
      const { deadlines, sleeping, started, use } = yield* Scope.provide(setUp, scope)
      deadlines.add(new Task(Number.POSITIVE_INFINITY, () => assert.fail("for ever")), deadlines.now())
      assert.strictEqual(started(), 0)
      deadlines.add(new Task(100, () => assert.fail("stopped")), deadlines.now())
      const other = yield* Scope.make()
      assert.strictEqual(yield* Scope.provide(use, other), deadlines)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(sleeping(), 1)
      yield* Scope.close(other, Exit.void)
      assert.strictEqual(sleeping(), 0)
      yield* TestClock.adjust(1000)
      // and begins again
      let due = 0
      const again = yield* use
      again.add(new Task(100, () => due++), again.now())
      yield* TestClock.adjust(100)
      assert.strictEqual(due, 1)
    })
  )

  it.effect(
    "of many clients have one timer",
    Effect.fnUntraced(function* () {
      const { deadlines, sleeping, started, use } = yield* setUp
      let due = 0
      for (let client = 0; client < 1000; client++) {
        const its = yield* use
        its.add(new Task(10_000, () => due++), its.now())
        its.add(new Task(5000, () => due++), its.now())
      }
      assert.strictEqual(sleeping(), 1)
      assert.strictEqual(started(), 2)
      yield* TestClock.adjust(10_000)
      assert.strictEqual(due, 2000)
      assert.strictEqual(started(), 3)
      assert.isAbove(deadlines.now(), 0)
    })
  )

  it.effect.prop(
    "expire once and on time unless they are removed",
    {
      steps: Schema.Array(
        Schema.Struct({
          action: Schema.Literals(["add", "add", "remove", "wait"]),
          number: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))
        })
      )
    },
    Effect.fnUntraced(function* ({ steps }) {
      const { deadlines, sleeping } = yield* setUp
      const tasks: Array<Task> = []
      const removed = new Set<Task>()
      const expired = new Map<Task, number>()
      const due = new Map<Task, number>()
      for (const { action, number } of steps) {
        const task = tasks[number % Math.max(1, tasks.length)]
        if (action === "wait") yield* TestClock.adjust(number)
        else if (action === "add") {
          const added = new Task(number, (one) => {
            assert.isFalse(expired.has(one))
            expired.set(one, deadlines.now())
          })
          tasks.push(added)
          due.set(added, deadlines.now() + number)
          deadlines.add(added, deadlines.now())
        } else if (task !== undefined && !expired.has(task)) {
          removed.add(task)
          deadlines.remove(task)
        }
      }
      yield* TestClock.adjust(100)
      for (const task of tasks) assert.strictEqual(expired.get(task), removed.has(task) ? undefined : due.get(task))
      assert.strictEqual(sleeping(), 0)
    }),
    { arbitrary: { runs: 200, size: 80 } }
  )
})
