/** Holds a device against the specification. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Conform from "../../Conform/index.ts"
import { causeOf } from "../../Message/index.ts"
import { cannotRun, Exited, exitCodes } from "../Failure.ts"
import * as flags from "../flags.ts"
import { hostOf } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { visibleLines } from "../show/visible.ts"

const config = {
  words: flags.words("HOST", "The device"),
  json: flags.json,
  only: Flag.String("only").pipe(
    Flag.withMetavar("wire,help-011"),
    Flag.withDescription("Only checks whose ids begin with one of these"),
    Flag.optional
  ),
  list: Flag.Boolean("list").pipe(
    Flag.withDescription("List the checks and do not run them; no device is needed"),
    Flag.withDefault(false)
  ),
  destructive: Flag.Boolean("destructive").pipe(
    Flag.withDescription("Also run checks that are known to harm some devices, and restart and halt the device"),
    Flag.withDefault(false)
  ),
  connections: Flag.Int("connections").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Open at most N connections at once; by default as many as the checks need, up to 20"),
    Flag.filter(
      (count) => count > 0,
      (count) => `"${count}" is no number of connections: write 1 or more`
    ),
    Flag.optional
  ),
  testRequests: Flag.Boolean("test-requests").pipe(
    Flag.withDescription(
      "The device's echo, sleep, raise, set-sensor, … are those of the katcp example, and may be used"
    ),
    Flag.withDefault(false)
  ),
  all: Flag.Boolean("all").pipe(
    Flag.withAlias("a"),
    Flag.withDescription("Show also what has passed, and what is not applicable"),
    Flag.withDefault(false)
  ),
  ...flags.dialling,
  replyTimeout: flags.duration("patience", "How long an answer may take; 3s by default")
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const only = Option.getOrUndefined(input.only)?.split(",")
  if (Conform.select({ only }).length === 0)
    return yield* cannotRun(`no check has an id that begins with ${only?.join(" or ")}; katcp conform --list shows all`)
  if (input.list) return yield* list(input, only)
  const { host, rest } = yield* hostOf(input, input.words)
  if (rest.length > 0) return yield* cannotRun(`one device only: ${rest.join(" ")} is too much`)
  const output = yield* Output
  const { facts, results, total } = yield* Effect.mapError(
    Conform.run({
      device: host.dial,
      only,
      connections: Option.getOrUndefined(input.connections),
      destructive: input.destructive,
      testRequests: input.testRequests,
      replyTimeout: Option.getOrUndefined(input.replyTimeout)
    }),
    ({ cause, message }) =>
      cannotRun(`cannot connect to ${host.where}: ${cause === undefined ? message : causeOf(cause)}`)
  )
  // what answers nothing is none that could be held against anything: every check would wait for it, and none would pass
  if (facts.requests.length === 0 && facts.sensors.length === 0 && facts.logLevel === undefined)
    return yield* cannotRun(
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
  if (done.some(({ outcome }) => outcome._tag === "CouldNotRun"))
    return yield* new Exited({ code: exitCodes.cannotRun })
})

/** `katcp conform`. */
export const conform = Command.make("conform", config, handler).pipe(
  Command.withDescription(
    "Hold a device against the specification, clause by clause; exit code 1 where it departs from it"
  ),
  Command.withExamples([
    { command: "katcp conform dish-7", description: "What can be checked without harm" },
    { command: "katcp conform --connections 3 dish-7", description: "A device that takes three clients" },
    { command: "katcp conform --list --only wire", description: "Which checks there are" },
    { command: "katcp conform dish-7 --json --destructive", description: "Everything, for a program" }
  ])
)

/** Lists the checks that are chosen; each has an id, and what it may do to a device. */
const list = Effect.fnUntraced(function* ({ json, words }: Input, only: ReadonlyArray<string> | undefined) {
  if (words.length > 0) return yield* cannotRun(`--list needs no device: ${words.join(" ")} is too much`)
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
