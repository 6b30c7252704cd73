/** Runs several commands at once. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Exited, unasked } from "./Failure.ts"
import * as Program from "./program.ts"
import { Output } from "./show/Output.ts"

interface Input {
  readonly commands: ReadonlyArray<string>
  readonly quiet: boolean
  readonly label: boolean
  readonly json: boolean
  readonly jobs: number
}

/** `katcp con`. */
export const run = Effect.fnUntraced(function* ({ commands, jobs, json, label, quiet }: Input) {
  if (commands.length === 0) return yield* unasked('say what to run, each in quotes: "katcp call dish-1 stow" "…"')
  if (jobs < 1) return yield* unasked("--jobs is at least 1")
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
