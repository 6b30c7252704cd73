/** The connection of an archive that writes to PostgreSQL: the lock that it takes, and how it lets it go. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import type { Driver } from "../../src/Archive/node/postgres/driver.ts"
import { writingOf } from "../../src/Archive/node/postgres/Writing.ts"

/** A server: what it was asked, in order, and how often it refuses the lock. */
const server = (options: { refuses?: number; silent?: RegExp } = {}) => {
  const asked: Array<string> = []
  let refusals = options.refuses ?? 0
  const answer = (statement: string): Effect.Effect<ReadonlyArray<object>> => {
    asked.push(/pg_\w*advisory\w*/.exec(statement)?.[0] ?? statement.split(" ", 2).join(" "))
    if (options.silent?.test(statement) === true) return Effect.never
    if (/pg_try_advisory_lock/.test(statement)) return Effect.succeed([{ got: refusals-- <= 0 }])
    if (/from pg_locks/.test(statement)) return Effect.succeed([{ who: "process 7" }])
    return Effect.succeed([])
  }
  const opening = Effect.acquireRelease(
    Effect.sync(() => {
      asked.push("opened")
      return { unsafe: (statement: string) => Effect.suspend(() => answer(statement)) } as unknown as SqlClient
    }),
    () => Effect.sync(() => void asked.push("closed"))
  )
  const driver = { single: () => Layer.effect(SqlClient, opening) } as unknown as Driver
  const config = {
    url: Redacted.make(""),
    maxConnections: 1,
    applicationName: "test",
    connectTimeout: "1 second",
    keepAlive: "1 second"
  }
  const writer = (isFleet = false) => writingOf(driver, config, "postgres://db/katcp", isFleet)
  return { asked, advisory: () => asked.filter((text) => /advisory|ed$/.test(text)), writer }
}
const work = (text: string) => (sql: SqlClient) => sql.unsafe(text)

describe("the connection that writes", () => {
  for (const isFleet of [false, true])
    it.effect(`releases its lock before it is closed, so the next archive has it at once (fleet: ${isFleet})`, () =>
      Effect.gen(function* () {
        const { advisory, writer } = server()
        yield* Effect.scoped(Effect.flatMap(writer(isFleet), ({ use }) => use(work("select 1"))))
        assert.deepStrictEqual(advisory(), [
          "opened",
          `pg_try_advisory_lock${isFleet ? "_shared" : ""}`,
          "pg_advisory_unlock_all",
          "closed"
        ])
      })
    )

  it.effect("is closed after two seconds by a server that does not answer", () =>
    Effect.gen(function* () {
      const { advisory, writer } = server({ silent: /unlock/ })
      const scope = yield* Scope.make()
      const { use } = yield* Scope.provide(writer(), scope)
      yield* use(work("select 1"))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(closing.pollUnsafe())
      assert.strictEqual(advisory().at(-1), "pg_advisory_unlock_all")
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
      assert.strictEqual(advisory().at(-1), "closed")
    })
  )

  it.effect("asks for a lock that is held ten times more in a second: its owner may have ended just now", () =>
    Effect.gen(function* () {
      const { asked, writer } = server({ refuses: 10 })
      const { use } = yield* writer()
      const using = yield* Effect.forkChild(use(work("select 1")), { startImmediately: true })
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(using.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(using)
      assert.strictEqual(asked.at(-1), "select 1")
    })
  )

  it.effect("then says who holds it, and has nothing to release", () =>
    Effect.gen(function* () {
      const { advisory, asked, writer } = server({ refuses: 11 })
      const { use } = yield* writer()
      const using = yield* Effect.forkChild(Effect.flip(use(work("select 1"))), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const { message, why } = yield* Fiber.join(using)
      assert.strictEqual(why, "held")
      assert.include(message, "another archive writes to this database (process 7)")
      assert.strictEqual(asked.at(-1), "closed")
      assert.notInclude(advisory(), "pg_advisory_unlock_all")
    })
  )
})
