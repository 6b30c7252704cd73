/** docs/history.md: its commands, its section of a site file and its SQL. Its programs run with all others (blocks.test.ts). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import * as Yaml from "effect/encoding/Yaml"
import { SqlClient } from "effect/sql/SqlClient"
import { ArchiveSection, Importing, Store, type StoreFailed } from "katcp/Archive"
import { layerPostgres, layerSqlite } from "katcp/Archive/node"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { load } from "../../src/Archive/node/postgres/driver.ts"
import { cluster } from "../Archive/cluster.ts"
import { katcp } from "../Cli/katcp.ts"

const document = readFileSync(path.join(import.meta.dirname, "..", "..", "docs", "history.md"), "utf8")
const blocks = (language: string) =>
  [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, is]) => is === language).map(([, , text]) => text!)
const [inSqlite, inPostgres, hypertable] = blocks("sql")

const folder = mkdtempSync(path.join(tmpdir(), "katcp-docs-history-"))
const file = path.join(folder, "site.db")
const database = await cluster({ quick: true })
if (typeof database === "string" && process.env.CI === "true") throw new Error(database)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  if (typeof database !== "string") await database.remove()
})

const now = performance.timeOrigin / 1000
/** The data for the document's queries: a number and a state of m000, an hour ago, and long ago. */
const filled = (store: Layer.Layer<Store, StoreFailed>) =>
  Effect.gen(function* () {
    const importing = new Importing(yield* Store)
    for (const [at, timestamp] of [1_790_000_000, now - 300, now - 200, now - 100].entries()) {
      const reading = { device: "m000", timestamp, received: timestamp, code: 1 }
      yield* importing.add({ ...reading, sensor: "rx.temp", type: "float", units: "K", value: 20 + at })
      yield* importing.add({
        ...reading,
        sensor: "mode",
        type: "discrete",
        units: "",
        value: at < 2 ? "stow" : "track"
      })
    }
    yield* importing.flush
  }).pipe(Effect.provide(store), Effect.scoped, Effect.runPromise)

beforeAll(async () => {
  await filled(layerSqlite(file, { quiet: true }))
  const reading = { name: "rx.vswr", device: "m000", type: "float", value: 1.5, status: "nominal", timestamp: now - 50 }
  writeFileSync(path.join(folder, "night.ndjson"), `${JSON.stringify(reading)}\n`)
  writeFileSync(
    path.join(folder, "session.tap"),
    `${JSON.stringify({ time: now, elapsed: 0, connection: 1, from: "device", line: "#sensor-status 1790000001 1 a nominal 1" })}\n`
  )
})

describe("docs/history.md", () => {
  it("has commands with the described effect", async () => {
    // the first one archives devices until it is ended
    const [first, ...others] = blocks("sh")[0]!.trim().split("\n")
    assert.match(first!, /^katcp archive --store site\.db --keep-raw 7d /)
    assert.strictEqual(others.length, 8)
    for (const line of others) {
      const words = line
        .replace(/ +#.*$/, "")
        .split(" ")
        .slice(1)
        .map((word) => word.replaceAll("'", "").replace(/^(?=site\.db$|night\.ndjson$|session\.tap$)/, `${folder}/`))
      const { code, err, out } = await katcp(words)
      assert.strictEqual(code, 0, `${line}: ${err}`)
      // nothing is missing in this archive
      if (!line.includes("--gaps")) assert.notStrictEqual(out, "", line)
    }
  })

  it("has a valid section of a site file", () => {
    const { archive } = Yaml.parse(blocks("yaml")[0]!) as { readonly archive: unknown }
    assert.strictEqual(Schema.decodeUnknownSync(ArchiveSection)(archive).store, "sqlite:site.db")
  })

  it("has SQL for a file", () => {
    const db = new DatabaseSync(file, { readOnly: true })
    const rows = db.prepare(inSqlite!).all()
    db.close()
    assert.deepStrictEqual(
      rows.map(({ value }) => value),
      [23, 22, 21, 20]
    )
    assert.strictEqual(rows.at(-1)!.at, "2026-09-21 14:13:20")
  })

  it.skipIf(typeof database === "string")(
    "has SQL for PostgreSQL, and the PostgreSQL part of that for TimescaleDB",
    async () => {
      const { url } = database as Exclude<typeof database, string>
      await filled(layerPostgres(url))
      await Effect.gen(function* () {
        const { layer } = yield* load(url)
        const given = { maxConnections: 1, applicationName: "test", connectTimeout: "5 seconds", keepAlive: "1 minute" }
        const sql = Context.get(yield* Layer.build(layer({ url: Redacted.make(url), ...given })), SqlClient)
        const rows = yield* sql.unsafe<{ readonly value: number; readonly at: Date }>(inPostgres!)
        assert.deepStrictEqual(
          rows.map(({ value }) => value),
          [23, 22, 21, 20]
        )
        const statements = hypertable!.split(";").filter((statement) => statement.trim() !== "")
        const [there] = yield* sql.unsafe("select 1 from pg_available_extensions where name = 'timescaledb'")
        if (there !== undefined) yield* sql.unsafe("create extension timescaledb")
        const needs = /create_hypertable|timescaledb\./
        assert.strictEqual(statements.filter((statement) => needs.test(statement)).length, 2)
        for (const statement of statements)
          if (there !== undefined || !needs.test(statement)) yield* sql.unsafe(statement)
        const [moved] = yield* sql.unsafe<{ readonly n: number }>("select count(*)::int4 as n from katcp_old")
        assert.isAtLeast(moved!.n, 2)
      }).pipe(Effect.scoped, Effect.runPromise)
    }
  )
})
