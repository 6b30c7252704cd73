/** The requests of a device. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { didYouMean } from "../../Message/index.ts"
import { cannotRun, refused } from "../Failure.ts"
import * as flags from "../flags.ts"
import { callOptions, connect } from "../reach/connect.ts"
import { answer } from "../reach/device.ts"
import { hostOf } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { table } from "../show/table.ts"
import { visibleLines } from "../show/visible.ts"

const config = {
  words: flags.words("HOST REQUEST", "The device, and optionally one of its requests"),
  ...flags.reaching,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const { host, rest } = yield* hostOf(input, input.words)
  const [request, ...more] = rest
  if (more.length > 0) return yield* cannotRun(`too many arguments: ${more.join(" ")}; expected one request`)
  const output = yield* Output
  const client = yield* connect(host, input)
  // requests all of them even for one: this distinguishes an unknown request from a failure
  const { informs } = yield* answer(client, host, "help", [], callOptions(input))
  const all = informs.map((inform) => ({ name: inform.text(0) ?? "", doc: inform.text(1) ?? "" }))
  const wanted = request?.replace(/^\?/, "")
  const shown = wanted === undefined ? all : all.filter(({ name }) => name === wanted)
  if (wanted !== undefined && shown.length === 0)
    return yield* refused(
      `${host.text} has no request ?${wanted}${didYouMean(
        wanted,
        all.map(({ name }) => name)
      )}`
    )
  if (wanted !== undefined) {
    // the list of a device may have a shorter text
    const { informs: whole } = yield* answer(client, host, "help", [wanted], callOptions(input))
    const one = { name: wanted, doc: whole[0]?.text(1) ?? shown[0]!.doc }
    return yield* input.json ? output.json(one) : output.line(visibleLines(one.doc))
  }
  if (input.json) return yield* Effect.forEach(shown, (one) => output.json(one), { discard: true })
  const rows = shown.map(({ doc, name }) => [
    { text: name, show: (text: string) => output.paint("bold", text) },
    { text: doc.trim().split("\n")[0]! }
  ])
  const lines = table(
    [{ title: "request" }, { title: "description", shrinks: "first" }],
    rows,
    output.terminal()?.columns
  )
  yield* Effect.forEach(lines, output.line, { discard: true })
}, Effect.scoped)

/** `katcp help`. */
export const help = Command.make("help", config, handler).pipe(
  Command.withDescription("List the requests of the device, or show the full help of one"),
  Command.withExamples([
    { command: "katcp help dish-7", description: "All requests, one a line" },
    { command: "katcp help dish-7 track", description: "One request" }
  ])
)
