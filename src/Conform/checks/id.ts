import * as Effect from "effect/Effect"
import type { Check, Needs } from "../Check.ts"
import { sensorOf } from "../Device.ts"
import { counted, deviates, each, holds, isComplaint, ok, refused as refusedWith } from "../judge.ts"
import { visible } from "../Line.ts"
import { complainedOf } from "./malformed.ts"

const needs: Needs = { flag: "I" }

/** A request with a valid id. */
const taken = (id: string, title: string, number: string): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2.2",
  rows: "P-050, P-051",
  needs,
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    yield* ok(yield* client.ask(`?watchdog[${number}]`))
  })
})

/** A request with an invalid id. */
const refused = (id: string, title: string, request: string): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2.1, §2.2",
  rows: "P-010, P-050, Q-02",
  note: "A reply with a failure code also counts as a refusal",
  needs,
  run: (device) => complainedOf(device, request, (reply) => reply.name === "watchdog" && !reply.isOk)
})

/** A request with an id beyond the range: it is refused, or returned unchanged. */
const beyond = (id: string, title: string, number: string): Check => ({
  id,
  title: `${title}: it is refused, or comes back unchanged`,
  clause: "Rev 5.1 §2.1, §2.2",
  rows: "P-010, P-050, Q-02",
  note: "Clients must keep to the range; a device need not check it",
  needs,
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    const lines = yield* client.exchange(`?watchdog[${number}]\n`)
    const replies = lines.filter(({ raw }) => raw.startsWith("!"))
    const expected = `!watchdog[${number}], a failure code, or #log error`
    yield* each(replies, ({ isOk, raw }) => raw.startsWith(`!watchdog[${number}] `) || !isOk, expected)
    yield* holds(replies.length === 1 || (replies.length === 0 && lines.some(isComplaint)), expected, lines)
  })
})

/** A request whose informs have its id. */
const listed = (id: string, request: string, more: Needs = {}): Check => ({
  id,
  title: `The informs of ?${request} have its id`,
  clause: "Rev 5.1 §2.3",
  rows: "P-052, P-060",
  needs: { ...needs, ...more },
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    const lines = (yield* client.exchange(`?${request}[77]\n`, 1)).filter((line) => line.name === request)
    yield* each(lines, (line) => line.id === 77, `#${request}[77] and !${request}[77]`)
    const reply = lines.at(-1)
    if (reply?.kind !== "reply") return yield* deviates(`!${request}[77]`, lines)
    yield* counted({ informs: lines.slice(0, -1), reply, request })
  })
})

export const checks: ReadonlyArray<Check> = [
  taken("id-001", "The reply has the id of the request", "123"),
  taken("id-002", "1 is an id", "1"),
  taken("id-003", "2147483647 is an id", "2147483647"),
  listed("id-004", "help"),
  listed("id-005", "version-list"),
  listed("id-006", "sensor-list", { sensor: "any" }),
  listed("id-007", "sensor-value", { sensor: "any" }),
  listed("id-008", "client-list", { flag: "I", several: true }),
  listed("id-009", "request-timeout-hint", { requests: ["request-timeout-hint"] }),
  {
    id: "id-010",
    title: "Failures have the id",
    clause: "Rev 5.1 §2.2",
    rows: "P-051",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* refusedWith(yield* client.ask("?help[3] no-such-request"))
    })
  },
  {
    id: "id-011",
    title: "The reply to an unknown request has the id",
    clause: "Rev 5.1 §2.2",
    rows: "P-051",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* refusedWith(yield* client.ask("?no-such-request[4] a"))
    })
  },
  {
    id: "id-012",
    title: "Without an id in the request the answer has no id",
    clause: "Rev 5.1 §2.2, §2.3",
    rows: "P-053",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const names = ["help", "sensor-value", "no-such-request"]
      const lines = yield* client.exchange(names.map((name) => `?${name}\n`).join(""), names.length)
      yield* each(
        lines.filter(({ name }) => names.includes(name)),
        (line) => line.id === undefined,
        "no id, as none was sent"
      )
    })
  },
  {
    id: "id-013",
    title: "Two requests with the same id are both answered",
    clause: "Rev 5.1 §2.2",
    rows: "P-054",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const lines = (yield* client.exchange("?watchdog[5]\n?help[5] watchdog\n", 2)).filter(
        ({ kind }) => kind === "reply"
      )
      yield* holds(
        lines.length === 2 && lines.every((line) => line.id === 5 && line.isOk),
        "!watchdog[5] ok; !help[5] ok 1",
        lines
      )
    })
  },
  {
    id: "id-014",
    title: "Requests with and without an id may be mixed",
    clause: "Rev 5.1 §2.2",
    rows: "P-051, P-053",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const lines = yield* client.exchange("?watchdog[8]\n?watchdog\n?watchdog[9]\n", 3)
      const ids = lines.filter(({ name }) => name === "watchdog").map((line) => line.id)
      yield* holds(
        ids.length === 3 && [8, undefined, 9].every((id) => ids.includes(id)),
        "!watchdog[8] ok; !watchdog ok; !watchdog[9] ok, in any order",
        lines
      )
    })
  },
  {
    id: "id-015",
    title: "A hundred requests with ids, sent at once, are each answered",
    clause: "Rev 5.1 §2.2",
    rows: "P-051, P-054",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const ids = Array.from({ length: 100 }, (_, at) => 2_147_483_647 - at * 7919)
      const lines = yield* client.exchange(ids.map((id) => `?watchdog[${id}]\n`).join(""), ids.length)
      const answered = new Set(lines.filter(({ name }) => name === "watchdog").map((line) => line.id))
      const missing = ids.filter((id) => !answered.has(id))
      if (missing.length > 0) return yield* deviates(`!watchdog[${missing[0]}] ok`, lines)
    })
  },
  refused("id-016", "0 is not an id", "?watchdog[0]"),
  refused("id-017", "An id does not begin with 0", "?watchdog[007]"),
  beyond("id-018", "2147483648 is not a client's id", "2147483648"),
  beyond("id-019", "A number of forty digits is not a client's id", "1234567890".repeat(4)),
  refused("id-020", "An id is not negative", "?watchdog[-1]"),
  refused("id-021", "An id is not empty", "?watchdog[]"),
  refused("id-022", "An id consists of digits", "?watchdog[a]"),
  refused("id-023", "The bracket of an id is closed", "?watchdog[1"),
  refused("id-024", "Only a blank or the end of the line follows an id", "?watchdog[1]x"),
  refused("id-025", "A message has only one id", "?watchdog[1][2]"),
  {
    id: "id-026",
    title: "Text after a space is an argument, not an id",
    clause: "Rev 5.1 §2.1",
    rows: "P-050, Q-01",
    note: "The specification does not say if the argument is refused",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { reply } = yield* client.ask("?watchdog [1]")
      yield* holds(reply.id === undefined, visible("!watchdog without an id"), reply)
    })
  },
  {
    id: "id-027",
    title: "#sensor-status has no id, even if the request had one",
    clause: "Rev 5.1 §2.3, §7.1",
    rows: "P-053",
    needs: { ...needs, sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const { name } = yield* sensorOf(device, "any")
      const client = yield* device.connect
      yield* client.send(`?sensor-sampling[5] ${name} auto\n`)
      const line = yield* client.take("#sensor-status", (line) => line.isInform("sensor-status"))
      yield* holds(line.id === undefined, "#sensor-status without an id", line)
    })
  }
]
