/** `katcp casper upload` and `program`: designs for boards. */
import { createInterface } from "node:readline"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Casper from "../../../Casper/index.ts"
import * as CasperNode from "../../../Casper/node/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import type { Host } from "../../reach/host.ts"
import type { Dialling } from "../../reach/targets.ts"
import { Output } from "../../show/Output.ts"
import { visible } from "../../show/visible.ts"
import { allHosts, common, eachBoard, explained, reach } from "./boards.ts"

const yes = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withDescription("Do not ask; required without a terminal"),
  Flag.withDefault(false)
)

/** Asks on a terminal; without a terminal it requires --yes. */
const confirmed = (
  what: (boards: string) => string,
  hosts: ReadonlyArray<Host>,
  yes: boolean
): Effect.Effect<void, Failure> =>
  Effect.suspend(() => {
    if (yes) return Effect.void
    const question = what(hosts.map(({ text }) => text).join(", "))
    if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
      return cannotRun(`cannot ask for confirmation without a terminal; to ${question}, add --yes`)
    const asked = Effect.callback<string>((resume) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      lines.once("close", () => resume(Effect.succeed("")))
      // readline takes Ctrl-C from the terminal: pass it on, so it ends the command as usual
      lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"))
      lines.question(visible(`${question}? [y/N] `), (answer) => {
        // before it is closed: the first answer counts
        resume(Effect.succeed(answer))
        lines.close()
      })
      return Effect.sync(() => lines.close())
    })
    return Effect.flatMap(asked, (answer) =>
      /^y(?:es)?$/i.test(answer.trim()) ? Effect.void : Effect.fail(cannotRun("cancelled; the boards are unchanged"))
    )
  })

/** Parses the boards, and the file, which is the last word. */
const boardsAndFile = (dialling: Dialling, words: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const file = words.at(-1)
    if (file === undefined) return yield* cannotRun("name the boards and a file")
    return { hosts: yield* allHosts(dialling, words.slice(0, -1)), file }
  })

/** `katcp casper upload`. */
export const upload = Command.make(
  "upload",
  {
    words: flags.words("HOST… FILE", "The boards, and the design: an .fpg file"),
    port: Flag.Int("port").pipe(
      Flag.withDescription("The port that boards open for the file; default: 7146, then 7150 to 7157"),
      Flag.optional
    ),
    wait: flags.duration("wait", "The timeout for each board; default: 2min"),
    save: Flag.Boolean("save").pipe(
      Flag.withDescription("Save the file on the boards without programming them"),
      Flag.withDefault(false)
    ),
    yes,
    ...common
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const { file, hosts } = yield* boardsAndFile(input, input.words)
    const design = yield* Effect.mapError(CasperNode.file(file), ({ message }) => cannotRun(message))
    const asked = (boards: string) => (input.save ? `send ${file} to ${boards}` : `program ${boards} with ${file}`)
    yield* confirmed(asked, hosts, input.yes)
    const bytes = Casper.Fpg.encode(design)
    const options = { port: Option.getOrUndefined(input.port), timeout: Option.getOrElse(input.wait, () => 120_000) }
    yield* eachBoard(hosts, { ...input, streams: true }, (host) =>
      Effect.scoped(
        Effect.gen(function* () {
          const board = yield* reach(host, input, true)
          const events = input.save ? board.save(file.split("/").at(-1)!, bytes, options) : board.upload(bytes, options)
          let shown = ""
          let sent = false
          yield* Stream.runForEach(events, (event) => {
            sent = event._tag === "Programming" || (event._tag === "Sending" && event.sent === event.total)
            if (input.json) {
              const { _tag, ...rest } = event
              return _tag === "Sending"
                ? Effect.void
                : output.json({ host: host.text, event: _tag.toLowerCase(), ...rest })
            }
            const text = textOf(event, input.save)
            if (text === shown) return Effect.void
            shown = text
            return output.line(`${host.text}: ${visible(text)}`)
          }).pipe(
            Effect.mapError((error) => explained(host.text, error)),
            Effect.onInterrupt(() =>
              sent
                ? output.note(
                    `katcp: ${host.text} continues by itself with the received file; check with katcp casper info`
                  )
                : Effect.void
            )
          )
        })
      )
    )
  })
).pipe(
  Command.withDescription("Program boards with a local design; asks first"),
  Command.withExamples([
    { command: "katcp casper upload roach1 roach2 design.fpg", description: "Two boards" },
    { command: "katcp casper upload --yes roach{1..8} design.fpg", description: "In a script" }
  ])
)

/** Formats an event as a line; progress in quarters, to keep the lines few. */
const textOf = (event: Casper.UploadProgress, save: boolean): string => {
  switch (event._tag) {
    case "Waiting":
      return `waits on port ${event.port}, which is open to everyone until then`
    case "Sending":
      return `sent ${Math.floor((event.sent / event.total) * 4) * 25} % of ${event.total} bytes`
    case "Programming":
      return `the FPGA is ${event.state}`
    case "Done":
      return `${save ? "kept" : "ready"} after ${(event.milliseconds / 1000).toFixed(1)} s`
  }
}

/** `katcp casper program`. */
export const program = Command.make(
  "program",
  {
    words: flags.words("HOST… FILE", "The boards, and a file on them; with --none no file"),
    none: Flag.Boolean("none").pipe(Flag.withDescription("Deprogram the boards"), Flag.withDefault(false)),
    yes,
    ...common
  },
  Effect.fnUntraced(function* (input) {
    const { file, hosts } = input.none
      ? { hosts: yield* allHosts(input, input.words), file: "" }
      : yield* boardsAndFile(input, input.words)
    const asked = (boards: string) =>
      input.none ? `deprogram ${boards}` : `program ${boards} with ${file}, a file on the board`
    yield* confirmed(asked, hosts, input.yes)
    yield* eachBoard(hosts, input, (host) =>
      Effect.scoped(
        Effect.gen(function* () {
          const output = yield* Output
          const board = yield* reach(host, input)
          const state = yield* (input.none ? board.deprogram : board.program(file)).pipe(
            Effect.andThen(board.status),
            Effect.mapError((error) => explained(host.text, error))
          )
          yield* input.json ? output.json({ host: host.text, state }) : output.line(`${host.text}: ${visible(state)}`)
        })
      )
    )
  })
).pipe(
  Command.withDescription("Program boards with a file on them, or deprogram them; asks first"),
  Command.withExamples([
    { command: "katcp casper program roach1 roach2 design.bof", description: "Two boards, with a file that both have" },
    { command: "katcp casper program --none roach1", description: "Deprogram a board" }
  ])
)
