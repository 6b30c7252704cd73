/** Shows the runners of a fleet with their load: `katcp fleet top`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../../flags.ts"
import { spanText } from "../../show/age.ts"
import { Output } from "../../show/Output.ts"
import { type Column, table } from "../../show/table.ts"
import { fleetFlag, holderOf, openFleet, type Picture, pictureOf } from "./store.ts"

const columns: ReadonlyArray<Column> = [
  { title: "runner" },
  { title: "state" },
  { title: "devices", right: true },
  { title: "synced", right: true },
  { title: "sensors", right: true },
  { title: "cpu", right: true },
  { title: "memory", right: true },
  { title: "lag", right: true },
  { title: "seen", right: true },
  { title: "link", shrinks: "last" },
  { title: "http", shrinks: "first" }
]
const enter = "\u001b[?25l\u001b[H\u001b[2J"
const home = "\u001b[H"
const clearBelow = "\u001b[J"
const clearLine = "\u001b[K"
const leave = "\u001b[?25h"

/** One line about the whole fleet. */
const summary = (picture: Picture): string => {
  const devices = [...picture.devices.values()]
  const held = devices.filter((one) => holderOf(one, picture) !== undefined)
  const count = (state: string) => held.filter((one) => one.state === state).length
  return [
    `${devices.length} devices`,
    `${held.length} held`,
    `${count("synced")} synced`,
    ...(count("away") === 0 ? [] : [`${count("away")} away`]),
    ...(count("refused") === 0 ? [] : [`${count("refused")} refused`]),
    ...(held.length === devices.length ? [] : [`${devices.length - held.length} without a runner`])
  ].join(", ")
}

/** `katcp fleet top`. */
export const top = Command.make(
  "top",
  {
    once: Flag.Boolean("once").pipe(Flag.withDescription("Show it once"), Flag.withDefault(false)),
    every: Flag.Finite("every").pipe(
      Flag.withMetavar("SECONDS"),
      Flag.withDescription("The interval of updates; default: 1"),
      Flag.filter(
        (seconds) => seconds >= 0.1,
        (seconds) => `"${seconds}" is too often: write 0.1 or more`
      ),
      Flag.withDefault(1)
    ),
    fleet: fleetFlag,
    json: flags.json
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const store = yield* openFleet(input.fleet)
    const lines = (picture: Picture): ReadonlyArray<string> => {
      const rows = [...picture.runners.values()].map(({ age, figures, http, link, name, state }) => {
        const gone = state === "gone"
        return [
          { text: name },
          {
            text: state,
            show: (text: string) => (state === "up" ? text : output.paint(gone ? "red" : "yellow", text))
          },
          { text: gone ? "" : String(figures.devices) },
          { text: gone ? "" : String(figures.synced) },
          { text: gone ? "" : String(figures.sensors) },
          { text: gone ? "" : `${(figures.cpu * 100).toFixed(1)} %` },
          { text: gone ? "" : `${Math.round(figures.memory / 1e6)} MB` },
          { text: gone ? "" : `${figures.lag} ms` },
          { text: spanText(age / 1000) },
          { text: link },
          { text: http ?? "" }
        ]
      })
      return [summary(picture), "", ...table(columns, rows, output.terminal()?.columns)]
    }
    const show = (picture: Picture) =>
      input.json
        ? Effect.forEach(picture.runners.values(), (runner) => output.json({ ...runner, age: runner.age / 1000 }), {
            discard: true
          })
        : Effect.forEach(lines(picture), output.line, { discard: true })
    if (input.once || (output.terminal() === undefined && !input.json)) return yield* show(yield* pictureOf(store))
    const again = Effect.sleep(input.every * 1000)
    if (input.json) return yield* Effect.forever(Effect.andThen(Effect.flatMap(pictureOf(store), show), again))
    const draw = Effect.gen(function* () {
      const shown = yield* Effect.match(pictureOf(store), {
        onSuccess: lines,
        onFailure: ({ message }) => [output.paint("red", message)]
      })
      const rows = output.terminal()?.rows ?? shown.length + 1
      const text = shown.slice(0, rows - 1).map((line) => `${line}${clearLine}\n`)
      yield* output.raw(`${home}${text.join("")}${clearBelow}`)
    })
    yield* output.raw(enter)
    return yield* Effect.forever(Effect.andThen(draw, again)).pipe(Effect.ensuring(output.raw(leave)))
  }, Effect.scoped)
).pipe(
  Command.withDescription("Show the runners of a fleet and their load, until you end it"),
  Command.withExamples([
    { command: "katcp fleet top", description: "On a terminal, kept up to date" },
    { command: "katcp fleet top --json", description: "A line for each runner each second" }
  ])
)
