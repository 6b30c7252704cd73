/** Checks a device against the specification. */
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
    Flag.withDescription("List the checks without running them; no device is needed"),
    Flag.withDefault(false)
  ),
  destructive: Flag.Boolean("destructive").pipe(
    Flag.withDescription("Also run checks that can harm some devices, and restart and halt the device"),
    Flag.withDefault(false)
  ),
  connections: Flag.Int("connections").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Open at most N connections at once; default: as many as the checks need, up to 20"),
    Flag.filter(
      (count) => count > 0,
      (count) => `"${count}" is not a number of connections: write 1 or more`
    ),
    Flag.optional
  ),
  testRequests: Flag.Boolean("test-requests").pipe(
    Flag.withDescription("Use the device's echo, sleep, raise, set-sensor, …: they are those of the katcp example"),
    Flag.withDefault(false)
  ),
  all: Flag.Boolean("all").pipe(
    Flag.withAlias("a"),
    Flag.withDescription("Also show checks that passed or do not apply"),
    Flag.withDefault(false)
  ),
  ...flags.dialling,
  replyTimeout: flags.duration("patience", "How long an answer may take; default: 3s")
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const only = Option.getOrUndefined(input.only)?.split(",")
  if (Conform.select({ only }).length === 0)
    return yield* cannotRun(`no check has an id that begins with ${only?.join(" or ")}; katcp conform --list shows all`)
  if (input.list) return yield* list(input, only)
  const { host, rest } = yield* hostOf(input, input.words)
  if (rest.length > 0) return yield* cannotRun(`too many arguments: ${rest.join(" ")}; expected one device`)
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
  // a device that answers nothing cannot be checked: every check would wait for it and fail
  if (facts.requests.length === 0 && facts.sensors.length === 0 && facts.logLevel === undefined)
    return yield* cannotRun(
      `${host.text} answers neither ?help, ?sensor-list nor ?log-level: is it the port of a KATCP device? If it is slow, --patience gives it more`
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
  Command.withDescription("Check a device against the specification, clause by clause; exit code 1 if it deviates"),
  Command.withExamples([
    { command: "katcp conform dish-7", description: "All harmless checks" },
    { command: "katcp conform --connections 3 dish-7", description: "A device that accepts three clients" },
    { command: "katcp conform --list --only wire", description: "List the checks of a group" },
    { command: "katcp conform dish-7 --json --destructive", description: "Everything, for a program" }
  ])
)

/** Lists the selected checks; each has an id and a possible effect on the device. */
const list = Effect.fnUntraced(function* ({ json, words }: Input, only: ReadonlyArray<string> | undefined) {
  if (words.length > 0) return yield* cannotRun(`--list needs no device: remove ${words.join(" ")}`)
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
