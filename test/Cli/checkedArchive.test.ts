/** The archive in PostgreSQL as `katcp serve --check` shows it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { Store, StoreFailed } from "katcp/Archive"
import { databaseOf, showArchive } from "../../src/Cli/commands/serve/archive.ts"
import { Output } from "../../src/Cli/show/Output.ts"
import { immediately } from "../Client/connect.ts"

/** Returns the output for an archive that is opened like this. */
const shown = (database: Layer.Layer<Store, StoreFailed>, json: boolean) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const output = {
      line: (text: string) => Effect.sync(() => void lines.push(text)),
      json: (value: unknown) => Effect.sync(() => void lines.push(JSON.stringify(value))),
      paint: (_: string, text: string) => text
    } as unknown as Output["Service"]
    const showing = Effect.provideService(showArchive(database, 5, json), Output, output)
    const fiber = yield* Effect.forkChild(showing, immediately)
    yield* TestClock.adjust("5 seconds")
    yield* Fiber.join(fiber)
    return lines
  })

const failing = (why: StoreFailed["why"], detail: string) =>
  Layer.effect(Store, Effect.fail(new StoreFailed({ why, store: "postgres://db/site", detail })))
const late = "the archive in the database: it did not answer within 5 s"
const answers = "the database of the archive answers"

describe("the check of an archive in PostgreSQL", () => {
  it.effect.each([
    ["that answers", Layer.succeed(Store, {} as Store["Service"]), answers, { answers: true }],
    [
      "without an archive",
      failing("foreign", "the database has no archive of katcp"),
      `${answers}, and has no archive yet: the start makes it, if the user may`,
      { answers: true }
    ],
    [
      "that is away",
      failing("away", "nobody listens"),
      "not opened: the archive in postgres://db/site: nobody listens",
      { answers: false, error: "the archive in postgres://db/site: nobody listens" }
    ],
    ["that is silent", Layer.effect(Store, Effect.never), `not opened: ${late}`, { answers: false, error: late }]
  ] as const)("shows a database %s", ([, database, wanted, json]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* shown(database, false), [wanted])
      assert.deepStrictEqual(yield* shown(database, true), [JSON.stringify({ event: "archive", ...json })])
    })
  )

  it.live("shows no password of the address", () =>
    Effect.gen(function* () {
      const store = "postgres://katcp:hunter2@127.0.0.1:1/site?password=hunter2&application_name=x"
      const database = databaseOf({ devices: {}, archive: { store } })!
      const { message } = yield* Effect.flip(Effect.scoped(Layer.build(database)))
      assert.include(message, "postgres://katcp:***@127.0.0.1:1/site?password=***&application_name=x")
      assert.notInclude(message, "hunter2")
    })
  )

  it("opens no file, which a reader could leave other files beside", () => {
    const siteOf = (store: string) => ({ devices: {}, archive: { store } })
    assert.isUndefined(databaseOf(siteOf("sqlite:site.db")))
    assert.isUndefined(databaseOf({ devices: {} }))
    assert.isDefined(databaseOf(siteOf("postgres://katcp@127.0.0.1:1/site")))
  })
})
