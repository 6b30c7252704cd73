/** Runs several commands at once. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { cannotRun, Exited } from "../Failure.ts"
import * as flags from "../flags.ts"
import * as Program from "../program.ts"
import { Output } from "../show/Output.ts"

const config = {
  commands: Argument.String("COMMAND").pipe(
    Argument.withDescription("Shell commands, each in quotes"),
    Argument.variadic()
  ),
  jobs: Flag.Int("jobs").pipe(
    Flag.withDescription("The number of commands that run at once; default: 64"),
    Flag.withDefault(64)
  ),
  label: Flag.Boolean("label").pipe(
    Flag.withAlias("l"),
    Flag.withDescription("Prefix each line with the number of its command"),
    Flag.withDefault(false)
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Show only failed commands"),
    Flag.withDefault(false)
  ),
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* ({ commands, jobs, json, label, quiet }: Input) {
  if (commands.length === 0)
    return yield* cannotRun('give one or more commands, each in quotes: "katcp call dish-1 stow" "…"')
  if (jobs < 1) return yield* cannotRun("--jobs must be at least 1")
  const { json: object, line, note } = yield* Output
  const one = (command: string, index: number) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { err, exitCode, out } = yield* Program.run(command)
        const prefix = label ? `${index + 1}: ` : ""
        const show = (stream: "out" | "err") => (text: string) => {
          if (json) return object({ type: "line", index, command, stream, text })
          if (quiet) return Effect.void
          return stream === "out" ? line(prefix + text) : note(prefix + text)
        }
        const [code] = yield* Effect.all(
          [exitCode, Stream.runForEach(out, show("out")), Stream.runForEach(err, show("err"))],
          { concurrency: 3 }
        )
        if (json) yield* object({ type: "exit", index, command, exitCode: code })
        else if (code !== 0) yield* note(`katcp: ${command} exited with ${code}`)
        return code
      })
    )
  const codes = yield* Effect.forEach(commands, one, { concurrency: jobs })
  const code = codes.reduce((one, other) => Math.max(one, other), 0)
  if (code !== 0) return yield* new Exited({ code })
})

/** `katcp con`. */
export const con = Command.make("con", config, handler).pipe(
  Command.withDescription("Run several commands at once; the exit code is the highest of their exit codes"),
  Command.withExamples([
    { command: 'katcp con "katcp call dish-1 stow" "katcp call dish-2 stow"', description: "Two devices at once" },
    {
      command: 'katcp con -q "katcp wait dish-1 mode stow" "katcp wait dish-2 mode stow"',
      description: "Wait for both"
    }
  ])
)
