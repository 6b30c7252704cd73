import * as Effect from "effect/Effect"
import type { Check, Needs } from "../Check.ts"
import { counted, deviates, duplicateIn, each, failed, holds, ok, readable } from "../judge.ts"

/** A request that the standard requires of every device. */
const offered = (id: string, name: string, clause: string, rows: string, needs?: Needs): Check => ({
  id,
  title: `?${name} is offered`,
  clause,
  rows,
  ...(needs === undefined ? {} : { needs }),
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    const answer = yield* client.ask(`?help ${name}`)
    yield* ok(answer, "1")
    yield* each(answer.informs, ({ args }) => args[0] === name, `#help ${name} ...`)
  })
})

export const checks: ReadonlyArray<Check> = [
  {
    id: "help-001",
    title: "?help sends an inform for each request, and counts them",
    clause: "Rev 5.1 §4.1",
    rows: "P-060, P-061, P-101",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const answer = yield* client.ask("?help")
      yield* counted(answer)
      yield* holds(answer.informs.length > 0, "#help for each request", answer.reply)
    })
  },
  {
    id: "help-002",
    title: "#help has a name and a description",
    clause: "Rev 5.1 §4.1",
    rows: "P-101",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { informs } = yield* client.ask("?help")
      yield* each(informs, ({ args }) => args.length === 2, "#help NAME DESCRIPTION")
    })
  },
  {
    id: "help-003",
    title: "?help names each request once",
    clause: "Rev 5.1 §4.1",
    rows: "P-101",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { informs } = yield* client.ask("?help")
      const twice = duplicateIn(informs.map(({ args }) => args[0] ?? ""))
      if (twice !== undefined) return yield* deviates("each request once", `#help ${twice} twice`)
    })
  },
  {
    id: "help-004",
    title: "?help names requests by the grammar of names, in lower case",
    clause: "Rev 5.1 §2.1, §4.1",
    rows: "P-015, P-021",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { informs } = yield* client.ask("?help")
      yield* each(
        informs,
        ({ args }) => /^[a-z][a-z0-9-]*$/.test(args[0] ?? ""),
        "a name of small letters, digits and dashes"
      )
    })
  },
  {
    id: "help-005",
    title: "The descriptions are for people",
    clause: "Rev 5.1 §2, §4.1",
    rows: "P-014, P-104",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const line of (yield* client.ask("?help")).informs)
        yield* readable("a description", line.args[1] ?? "", line)
    })
  },
  {
    id: "help-006",
    title: "?help NAME describes that request alone",
    clause: "Rev 5.1 §4.1",
    rows: "P-102",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const answer = yield* client.ask("?help sensor-list")
      yield* ok(answer, "1")
      yield* holds(
        answer.informs.length === 1 && answer.informs[0]!.args[0] === "sensor-list",
        "#help sensor-list ..., once",
        answer.informs
      )
    })
  },
  {
    id: "help-007",
    title: "Each request that ?help lists has a ?help NAME",
    clause: "Rev 5.1 §4.1",
    rows: "P-101, P-102",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const { args } of (yield* client.ask("?help")).informs) yield* ok(yield* client.ask(`?help ${args[0]}`), "1")
    })
  },
  {
    id: "help-008",
    title: "?help of an unknown request fails, with a text",
    clause: "Rev 5.1 §4.1",
    rows: "P-103",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* failed(yield* client.ask("?help no-such-request"))
    })
  },
  offered("help-009", "halt", "Rev 5.1 §4.1", "P-100, P-110"),
  offered("help-010", "help", "Rev 5.1 §4.1", "P-101, P-110"),
  offered("help-011", "restart", "Rev 5.1 §4.1", "P-105, P-110"),
  offered("help-012", "watchdog", "Rev 5.1 §4.1", "P-106, P-110"),
  offered("help-013", "version-list", "Rev 5.1 §4.1", "P-107, P-110", { major: 5 }),
  offered("help-014", "log-level", "Rev 5.1 §6.2", "P-152"),
  offered("help-015", "sensor-list", "Rev 5.1 §7.2", "P-190"),
  offered("help-016", "sensor-sampling", "Rev 5.1 §7.2", "P-213"),
  offered("help-017", "sensor-value", "Rev 5.1 §7.2", "P-250"),
  offered("help-018", "client-list", "Rev 5.1 §8.1", "P-274", { several: true }),
  offered("help-019", "request-timeout-hint", "Rev 5.1 §5.1", "P-144", { flag: "T" })
]
