/** Whatever happens to devices and connections, in any order: at rest the table is the devices, and so is every reader. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Server } from "katcp"
import { Protocol } from "katcp/Message"
import { type Change, type Changes, type Feed, type Limits, type Reader, type Row, readingJson } from "katcp/Site"
import { pass } from "../Client/sensors/site.ts"
import { device, onNetwork, client as siteClient, siteOf, type TestDevice } from "./network.ts"
import { atDevice, happenAt, put, stepOf, turn } from "./steps.ts"

const devices = ["m000", "m001", "anc"]
const names = ["a", "b.c", "b.d-1", "f_g"]
const Step = stepOf(
  [...atDevice, "add", "set", "set", "add again", "ranges", "set many", "drop device", "add device", "read", "read"],
  devices,
  names
)
type Step = typeof Step.Type

/** A reader of the table, and the copy of the table that it keeps. */
interface Copy {
  readonly reader: Reader
  readonly rows: Map<string, string>
  revision: number
}

/** A row, as a reader keeps it. */
const shown = (row: Row): string =>
  JSON.stringify([readingJson(row), row.definition.doc, row.definition.parameters, row.code, row.fresh])

/** Does what {@link Changes} asks for, and holds what it promises. */
const apply = (copy: Copy, changes: Changes): void => {
  assert.isAtLeast(changes.revision, copy.revision, "the revision went back")
  if (changes.snapshot) copy.rows.clear()
  let last = changes.snapshot ? 0 : copy.revision
  for (const { device, name, revision } of changes.removed) {
    assert.isAbove(revision, last, "removals are not in order")
    last = revision
    copy.rows.delete(`${device}/${name}`)
  }
  assert.strictEqual(
    new Set(changes.removed.map(({ device, name }) => `${device}/${name}`)).size,
    changes.removed.length
  )
  last = changes.snapshot ? 0 : copy.revision
  for (const row of changes.changed) {
    assert.isAbove(row.revision, last, "changes are not in order")
    last = row.revision
    assert.isFalse(row.removed)
    copy.rows.set(row.path, shown(row))
  }
  copy.revision = changes.revision
}

/** Replays what a feed has told, and holds that it makes sense. */
const replay = (rows: Map<string, { readonly row: Row; reading: string }>, changes: ReadonlyArray<Change>): void => {
  for (const change of changes) {
    const { path } = change.row
    const former = rows.get(path)
    if (change._tag === "Added") {
      assert.isUndefined(former, `${path} was added twice`)
      rows.set(path, { row: change.row, reading: "" })
    } else {
      assert.strictEqual(former?.row, change.row, `${path} is another row`)
      if (change._tag === "Removed") rows.delete(path)
      else former!.reading = `${change.reading.status} ${change.reading.latin1}`
    }
  }
}

interface Lab {
  readonly all: ReadonlyArray<TestDevice>
  readonly site: Effect.Success<ReturnType<typeof siteOf>>
  readonly copies: ReadonlyArray<Copy>
}

const happen = ({ all, copies, site }: Lab, step: Step) =>
  Effect.gen(function* () {
    const { device: which, name: at, pick, what } = step
    const { set, socket } = all[which]!
    const name = names[at]!
    const dialect = site.devices.get(devices[which]!)?.client.dialect
    switch (what) {
      case "add again": {
        const definition = set.get(name)?.definition
        return definition === undefined ? undefined : yield* set.add(definition)
      }
      case "ranges":
        return yield* Effect.ignore(set.get(name)?.setRanges({ nominal: [pick, pick + 1] }) ?? Effect.void)
      case "set many":
        return yield* Effect.forEach(names, (name, index) => put(all[which]!, name, pick + index, dialect))
      case "drop device":
        return yield* site.remove(devices[which]!)
      case "add device":
        return yield* Effect.ignore(site.add(devices[which]!, { socket, client: siteClient }))
      case "read": {
        const copy = copies[pick % copies.length]!
        return apply(copy, copy.reader.take())
      }
      default:
        return yield* happenAt(all[which]!, names, { ...step, what }, dialect)
    }
  })

/** The sensors of a device, in the form of a reader. */
const expected = ({ all, site }: Lab): ReadonlyArray<string> =>
  devices.flatMap((device, index) =>
    site.devices.has(device)
      ? all[index]!.set.values.map(({ definition, reading }) =>
          JSON.stringify([
            device,
            definition.name,
            definition.doc,
            definition.parameters,
            reading.status,
            reading.value
          ])
        )
      : []
  )

const rowsOf = ({ site }: Lab): ReadonlyArray<string> =>
  devices.flatMap((device) =>
    [...site.table.of(device)]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ definition, status, value }) =>
        JSON.stringify([device, definition.name, definition.doc, definition.parameters, status, value])
      )
  )

const run = Effect.fnUntraced(function* (steps: ReadonlyArray<Step>, options?: Server.Options, limits?: Limits) {
  const all = yield* Effect.forEach(devices, (_, port) => device(port + 1, options))
  const site = yield* siteOf(Object.fromEntries(devices.map((name, index) => [name, all[index]!])), { limits })
  const copies = Array.from({ length: 3 }, (): Copy => ({ reader: site.table.reader(), rows: new Map(), revision: 0 }))
  const lab: Lab = { all, site, copies }
  const feed: Feed = yield* site.table.feed
  const told = new Map<string, { readonly row: Row; reading: string }>()
  for (const row of site.table.snapshot().changed) told.set(row.path, { row, reading: "" })
  for (const step of steps) {
    yield* happen(lab, step)
    yield* turn(step.turns)
  }
  for (const one of all) yield* one.on
  yield* pass("1 minute")
  yield* site.synced
  yield* pass("10 seconds")
  assert.deepStrictEqual(rowsOf(lab), expected(lab))
  const { table } = site
  assert.strictEqual(table.size, table.snapshot().changed.length)
  for (const copy of copies) {
    apply(copy, copy.reader.take())
    assert.deepStrictEqual(
      [...copy.rows.values()].sort(),
      table.snapshot().changed.map(shown).sort(),
      "a reader has another table"
    )
    assert.strictEqual(copy.revision, table.revision)
    assert.isAtLeast(copy.reader.skipped, 0)
    assert.deepStrictEqual(copy.reader.take().changed, [])
  }
  replay(told, feed.take())
  assert.strictEqual(feed.lost, 0)
  assert.deepStrictEqual(
    [...told].map(([path, { reading }]) => [path, reading]).sort(),
    table
      .snapshot()
      .changed.map((row) => [row.path, row.reading === undefined ? "" : `${row.status} ${row.reading.latin1}`])
      .sort()
  )
})

const cases: ReadonlyArray<readonly [string, number, Server.Options | undefined, Limits | undefined]> = [
  ["5.1 with all flags", 300, undefined, undefined],
  ["5.1, three removals kept", 200, { interfaceChanged: "each" }, { removals: 3 }],
  [
    "5.0 without ids, removals kept for two seconds",
    150,
    { protocol: Protocol.make(5, 0, "M") },
    { removalAge: "2 seconds" }
  ]
]

describe("any order of events at several devices", () => {
  for (const [title, runs, options, limits] of cases)
    it.effect.prop(
      `leaves the table equal to the devices, and every reader with the same table: ${title}`,
      { steps: Schema.Array(Step) },
      ({ steps }) => run(steps, options, limits).pipe(Effect.scoped, onNetwork),
      { arbitrary: { runs, size: 30 }, timeout: 600_000 }
    )
})
