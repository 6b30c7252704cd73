import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import type { Answer } from "../Connection.ts"
import { each, failed, holds, isComplaint, readable, refused } from "../judge.ts"
import type { Line } from "../Line.ts"
import { type Deviation, Inapplicable } from "../Verdict.ts"

const isReply = (line: Line) => line.kind === "reply"

/** Sends an inform, which must get no answer. */
const unanswered = (id: string, title: string, inform: string): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2",
  rows: "P-002, P-004, P-013",
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    yield* each(yield* client.exchange(`${inform}\n`), (line) => !isReply(line), `no reply to ${inform}`)
  })
})

/** Sends a request that the device does not have. */
const unknown = (
  id: string,
  title: string,
  request: string,
  rows: string,
  judge: (answer: Answer) => Effect.Effect<void, Deviation> = refused
): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2",
  rows,
  run: Effect.fnUntraced(function* (device) {
    const name = /[a-z0-9-]+/.exec(request)![0]
    if (device.requests.includes(name)) return yield* new Inapplicable({ reason: `the device has a ?${name}` })
    const client = yield* device.connect
    yield* judge(yield* client.ask(request))
  })
})

export const checks: ReadonlyArray<Check> = [
  unanswered("kind-001", "An unknown inform is not answered", "#no-such-inform a b"),
  unanswered("kind-002", "An inform with the name of a request is not carried out", "#watchdog"),
  {
    id: "kind-003",
    title: "An unexpected reply is answered with #log error",
    clause: "Rev 5.1 §2",
    rows: "P-011",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const lines = yield* client.exchange("!no-such-request ok\n")
      yield* holds(lines.some(isComplaint), "#log error, for !no-such-request ok", lines)
    })
  },
  {
    id: "kind-004",
    title: "An unexpected reply is not handled as a request, and the connection continues",
    clause: "Rev 5.1 §2",
    rows: "P-002, P-004",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* each(yield* client.exchange("!help ok 1\n"), (line) => !isReply(line), "no reply to a reply")
    })
  },
  {
    id: "kind-005",
    title: "A request gets one reply",
    clause: "Rev 5.1 §2",
    rows: "P-003",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const lines = (yield* client.exchange("?help watchdog\n", 1)).filter(isReply)
      yield* holds(lines.length === 1 && lines[0]!.name === "help", "!help, once", lines)
    })
  },
  unknown(
    "kind-006",
    "An unknown request gets a reply of its name, with a failure code and a text",
    "?no-such-request",
    "P-003, P-006",
    failed
  ),
  {
    id: "kind-007",
    title: "The code for an unknown request is invalid, or one of the device's own",
    clause: "Rev 5.1 §2",
    rows: "P-006",
    note: "Devices may have codes of their own; fail is for valid requests",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const answer = yield* client.ask("?no-such-request")
      yield* refused(answer)
      yield* holds(answer.reply.args[0] !== "fail", "!no-such-request invalid, or another code than fail", answer.reply)
    })
  },
  unknown(
    "kind-008",
    "An unknown request with arguments is answered in the same way",
    "?no-such-request a \\@ b\\_c",
    "P-003"
  ),
  unknown("kind-009", "A request of one letter is answered", "?x", "P-003, P-021"),
  unknown(
    "kind-010",
    "A request with a name of a thousand letters is answered",
    `?${"x".repeat(1000)}`,
    "P-003, P-021"
  ),
  unknown("kind-011", "A name may have digits and dashes, even at its end", "?x-1-", "P-003, P-021"),
  {
    id: "kind-012",
    title: "A request in upper case is answered by its own name",
    clause: "Rev 5.1 §2, §2.1",
    rows: "P-003, P-015, P-021",
    note: "The specification does not say if it is the same request",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { reply } = yield* client.ask("?WATCHDOG")
      yield* holds(reply.args.length > 0, "!WATCHDOG with a return code", reply)
    })
  },
  {
    id: "kind-013",
    title: "Every reply begins with a return code",
    clause: "Rev 5.1 §2",
    rows: "P-005",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const lines = yield* client.exchange("?help\n?log-level\n?sensor-list\n?sensor-value\n?no-such-request\n", 5)
      yield* each(
        lines.filter(isReply),
        ({ args }) => /^[a-z][a-z0-9-]*$/.test(args[0] ?? ""),
        "a return code as the first argument"
      )
    })
  },
  {
    id: "kind-014",
    title: "The texts of failures are for people",
    clause: "Rev 5.1 §2",
    rows: "P-007, P-014",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const request of ["?no-such-request", "?help no-such-request", "?sensor-value no-such-sensor"]) {
        const answer = yield* client.ask(request)
        yield* failed(answer)
        yield* readable("a text", answer.reply.args[1]!, answer.reply)
      }
    })
  },
  {
    id: "kind-015",
    title: "A request with too many arguments gets one reply, of success or failure",
    clause: "Rev 5.1 §2",
    rows: "P-109, Q-01",
    note: "The specification does not say if surplus arguments are refused",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const answer = yield* client.ask("?watchdog surplus")
      if (!answer.reply.isOk) yield* refused(answer)
      const more = (yield* client.exchange("")).filter(isReply)
      yield* holds(more.length === 0, "one reply", more)
    })
  },
  {
    id: "kind-016",
    title: "A request with too few arguments fails, with a text",
    clause: "Rev 5.1 §2",
    rows: "P-006, P-229, Q-01",
    note: "With invalid or another code",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* failed(yield* client.ask("?sensor-sampling"))
    })
  },
  {
    id: "kind-017",
    title: "A request whose handler crashes fails with a text, and the connection continues",
    clause: "Rev 5.1 §2",
    rows: "P-003, P-007, P-014",
    needs: { requests: ["raise"] },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const answer = yield* client.ask("?raise boom")
      yield* failed(answer)
      yield* readable("a text", answer.reply.args[1]!, answer.reply)
      yield* client.exchange("")
    })
  },
  {
    id: "kind-018",
    title: "Asynchronous informs do not have the name of a request",
    clause: "Rev 5.1 §2.3",
    rows: "P-062",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.open
      const lines = (yield* client.exchange("")).filter((line) => line.kind === "inform")
      yield* each(
        lines,
        ({ name }) => !device.requests.includes(name),
        "informs that do not have the name of a request"
      )
    })
  }
]
