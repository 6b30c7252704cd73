/** Holds a device against the specification. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Conform from "../Conform/index.ts"
import { causeOf } from "../Message/index.ts"
import { NodeClient } from "../Node/index.ts"
import { Exited, exitCodes, unasked } from "./Failure.ts"
import { hostOf } from "./reach/connect.ts"
import { Output } from "./show/Output.ts"
import { visibleLines } from "./show/visible.ts"

interface Input {
  readonly words: ReadonlyArray<string>
  readonly json: boolean
  readonly only: Option.Option<string>
  readonly list: boolean
  readonly connections: Option.Option<number>
  readonly destructive: boolean
  readonly testRequests: boolean
  readonly all: boolean
  readonly patience: Option.Option<number>
}

/** `katcp conform`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const only = Option.getOrUndefined(input.only)?.split(",")
  if (Conform.select({ only }).length === 0)
    return yield* unasked(`no check has an id that begins with ${only?.join(" or ")}; katcp conform --list shows all`)
  if (input.list) return yield* list(input, only)
  const { host, rest } = yield* hostOf(input.words)
  if (rest.length > 0) return yield* unasked(`one device only: ${rest.join(" ")} is too much`)
  const output = yield* Output
  const { facts, results, total } = yield* Effect.mapError(
    Conform.run({
      device: NodeClient.tcp({ host: host.host, port: host.port }),
      only,
      connections: Option.getOrUndefined(input.connections),
      destructive: input.destructive,
      testRequests: input.testRequests,
      patience: Option.getOrUndefined(input.patience)
    }),
    ({ cause, message }) => unasked(`cannot connect to ${host.text}: ${cause === undefined ? message : causeOf(cause)}`)
  )
  // what answers nothing is none that could be held against anything: every check would wait for it, and none would pass
  if (facts.requests.length === 0 && facts.sensors.length === 0 && facts.logLevel === undefined)
    return yield* unasked(
      `${host.text} tells nothing of itself at ?help, ?sensor-list and ?log-level: is it the port of a KATCP device? If it is slow, --patience gives it more`
    )
  const terminal = output.terminal() !== undefined
  if (!input.json) yield* output.line(Conform.factsText(facts))
  const done: Array<Conform.Result> = []
  yield* Stream.runForEach(results, (result) =>
    Effect.gen(function* () {
      done.push(result)
      if (input.json) return yield* output.json(resultJson(result))
      const { _tag } = result.outcome
      const erase = terminal ? "\r\u001b[2K" : ""
      if (input.all || _tag === "Failed" || _tag === "CouldNotRun")
        yield* output.raw(`${erase}${visibleLines(Conform.resultText(result))}\n`)
      if (terminal) yield* output.raw(`${erase}${done.length} of ${total} …`)
    })
  )
  if (terminal && !input.json) yield* output.raw("\r\u001b[2K")
  if (!input.json) yield* output.line(Conform.summaryText(done))
  if (done.some(({ outcome }) => outcome._tag === "Failed")) return yield* new Exited({ code: exitCodes.refused })
  if (done.some(({ outcome }) => outcome._tag === "CouldNotRun")) return yield* new Exited({ code: exitCodes.unasked })
})

/** Lists the checks that are chosen; each has an id, and what it may do to a device. */
const list = Effect.fnUntraced(function* ({ json, words }: Input, only: ReadonlyArray<string> | undefined) {
  if (words.length > 0) return yield* unasked(`--list needs no device: ${words.join(" ")} is too much`)
  const output = yield* Output
  for (const { clause, harm, id, needs, note, rows, title } of Conform.select({ only })) {
    const destructive = harm !== undefined || needs?.destructive === true
    if (json) yield* output.json({ id, title, clause, rows, note, destructive, harm, needs })
    else yield* output.line(`${id}  ${title} (${clause})${destructive ? " [--destructive]" : ""}`)
  }
})

const resultJson = ({
  check,
  clause,
  outcome: { _tag, ...details },
  transcript
}: Conform.Result): Record<string, unknown> => ({
  id: check.id,
  title: check.title,
  clause,
  rows: check.rows,
  outcome: Conform.outcomeTags[_tag],
  ...details,
  ...(_tag === "Failed" || _tag === "CouldNotRun" ? { transcript } : {})
})
