/** The dashboards and alert rules name metrics and columns that there are; promtool runs the tests of the rules. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { migrations } from "../../src/Archive/node/postgres/schema.ts"
import { deviceFamilies, sensorFamilies } from "../../src/Export/prometheus/families.ts"
import { describeProgram } from "./monitoring.ts"

const folder = path.join(import.meta.dirname, "..", "..", "grafana")
const text = (file: string) => readFileSync(path.join(folder, file), "utf8")

const source = (...names: ReadonlyArray<string>) =>
  readFileSync(path.join(folder, "..", "src", "Export", ...names), "utf8")
const registered = source("push", "layer.ts") + source("prometheus", "layer.ts")
const metrics = new Set([
  ...Object.values(sensorFamilies).map(({ sample }) => sample),
  ...deviceFamilies.map(({ sample }) => sample),
  ...[...registered.matchAll(/"(katcp_export_\w+)"/g)].map(([, name]) => name!)
])

describe("dashboards and alert rules", () => {
  for (const file of ["prometheus.json", "alerts.yaml", "alerts.test.yaml"])
    it(`${file} names existing metrics`, () => {
      const named = new Set(text(file).match(/katcp_(?:sensor|device|export)_\w+/g))
      assert.isAbove(named.size, 4)
      assert.deepStrictEqual(
        [...named].filter((name) => !metrics.has(name)),
        []
      )
    })

  it("the documentation names all metrics of sensors and devices", () => {
    const document = readFileSync(path.join(folder, "..", "docs", "monitoring.md"), "utf8")
    assert.deepStrictEqual(
      [...metrics].filter((name) => !document.includes(`\`${name}\``)),
      []
    )
  })

  it("archive-postgres.json names existing tables and columns", () => {
    const tables = new Map<string, string>()
    const statements = migrations.flat().join(";\n")
    for (const [, table, columns] of statements.matchAll(
      /create table katcp\.(\w+)\(([\s\S]*?)\)(?: partition by|$|;)/g
    ))
      tables.set(table!, columns!)
    const dashboard = JSON.parse(text("archive-postgres.json")) as {
      readonly panels: ReadonlyArray<{ readonly targets: ReadonlyArray<{ readonly rawSql: string }> }>
      readonly templating: { readonly list: ReadonlyArray<{ readonly query: string }> }
    }
    const queries = [
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ rawSql }) => rawSql)),
      ...dashboard.templating.list.slice(1).map(({ query }) => query)
    ]
    assert.lengthOf(queries, 7)
    for (const query of queries) {
      const aliases = new Map(
        [...query.matchAll(/(?:from|join) katcp\.(\w+)(?: (?!where|order)(\w+))?/g)].map(([, table, alias]) => [
          alias ?? "",
          table!
        ])
      )
      assert.isAbove(aliases.size, 0, query)
      for (const table of aliases.values()) assert.isTrue(tables.has(table), table)
      for (const [, alias, column] of query.matchAll(/\b([rsmg])\.(\w+)/g))
        assert.match(tables.get(aliases.get(alias!)!)!, new RegExp(`\\b${column}\\b`), query)
    }
  })
})

await describeProgram("promtool", "promtool and the alert rules", (program) => {
  it("passes promtool's tests", () => {
    const run = (...words: ReadonlyArray<string>) => spawnSync(program, words, { cwd: folder, encoding: "utf8" })
    const checked = run("check", "rules", "alerts.yaml")
    assert.strictEqual(checked.status, 0, checked.stderr)
    const tested = run("test", "rules", "alerts.test.yaml")
    assert.strictEqual(tested.status, 0, `${tested.stdout}${tested.stderr}`)
  })
})
