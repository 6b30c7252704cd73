import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
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

const setUp = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const timers: Array<Fiber.Fiber<void>> = []
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const run = (effect: Effect.Effect<void>) => {
    const fiber = runFork(effect)
    timers.push(fiber)
    return fiber
  }
  const deadlines = new Deadlines({ clock, run, scope })
  const running = () => timers.filter((timer) => timer.pollUnsafe() === undefined).length
  return { deadlines, timers, running }
})

describe("deadlines", () => {
  it.effect(
    "have one timer, however many there are, and none when all is done (trap: timers stay)",
    Effect.fnUntraced(function* () {
      const { deadlines, running, timers } = yield* setUp
      const tasks = Array.from({ length: 1000 }, () => new Task(5000, () => assert.fail("removed")))
      for (const task of tasks) {
        deadlines.add(task, deadlines.now())
        deadlines.remove(task)
      }
      assert.strictEqual(timers.length, 1)
      yield* TestClock.adjust(5000)
      assert.strictEqual(running(), 0)
      const ends: Array<number> = []
      for (const timeout of [5000, 3000, 4000, 1000]) {
        deadlines.add(new Task(timeout, () => ends.push(deadlines.now())), deadlines.now())
        yield* TestClock.adjust(0)
        assert.strictEqual(running(), 1)
      }
      yield* TestClock.adjust(10000)
      assert.deepStrictEqual(ends, [6000, 8000, 9000, 10000])
      assert.strictEqual(running(), 0)
      assert.isAtMost(timers.length, 8)
    })
  )

  it.effect(
    "for ever sets no timer, and closing the scope stops it",
    Effect.fnUntraced(function* () {
      const scope = yield* Scope.make()
      const { deadlines, running, timers } = yield* Scope.provide(setUp, scope)
      deadlines.add(new Task(Number.POSITIVE_INFINITY, () => assert.fail("for ever")), deadlines.now())
      assert.strictEqual(timers.length, 0)
      deadlines.add(new Task(100, () => assert.fail("stopped")), deadlines.now())
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust(1000)
      assert.strictEqual(running(), 0)
    })
  )

  it.effect.prop(
    "expire what is not removed, in its time and once, whatever comes between",
    {
      steps: Schema.Array(
        Schema.Struct({
          action: Schema.Literals(["add", "add", "remove", "wait"]),
          number: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))
        })
      )
    },
    Effect.fnUntraced(function* ({ steps }) {
      const { deadlines, running } = yield* setUp
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
      assert.strictEqual(running(), 0)
    }),
    { arbitrary: { runs: 200, size: 80 } }
  )
})
