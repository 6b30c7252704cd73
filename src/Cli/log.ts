/** The log of a device as it comes. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Client from "../Client/index.ts"
import { type LogLevel, logLevels, parseLogLevel, reports, type Severity } from "../Interface/index.ts"
import { explain, unasked } from "./Failure.ts"
import { logFile } from "./logFile.ts"
import { hostOf, type Lasting } from "./reach/connect.ts"
import { answer, filterOf } from "./reach/device.ts"
import { follow, until } from "./reach/following.ts"
import { type Colour, Output } from "./show/Output.ts"
import { timeText } from "./show/sensors.ts"
import { visible, visibleJson, visibleLines } from "./show/visible.ts"
import { padTo } from "./show/width.ts"
import { onSignal } from "./signals.ts"

interface Input extends Lasting {
  readonly words: ReadonlyArray<string>
  readonly level: LogLevel
  readonly setLevel: Option.Option<LogLevel>
  readonly for: Option.Option<number>
  readonly output: Option.Option<string>
  readonly truncate: boolean
  readonly attempts: Option.Option<number>
  readonly module: ReadonlyArray<string>
  readonly json: boolean
}

const colours: Readonly<Record<Severity, Colour>> = {
  fatal: "red",
  error: "red",
  warn: "yellow",
  info: "green",
  debug: "grey",
  trace: "grey"
}

/** A record in a file: with its whole date, since a file is read later. */
const fileLine = (json: boolean, level: string, seconds: number, name: string, text: string): string => {
  if (json) return visibleJson(JSON.stringify({ level, timestamp: seconds, name, message: text }))
  const time = timeText(seconds, Number.POSITIVE_INFINITY)
  return `${time} ${padTo(visible(level), 5)} ${visible(name)}: ${visibleLines(text, "    ")}`
}

/** `katcp log`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const { host, rest } = yield* hostOf(input.words)
  if (rest.length > 0) return yield* unasked(`one device only: ${rest.join(" ")} is too much`)
  const output = yield* Output
  const modules = yield* Effect.forEach(input.module, filterOf)
  const { client } = yield* follow(host, input, { json: input.json })
  const records = yield* client.subscribe("log")
  const file = Option.isSome(input.output) ? yield* logFile(input.output.value, input.truncate) : undefined
  let shownFrom = input.level
  // levels stand from the least on
  const move = (by: number) => () => {
    const at = logLevels.indexOf(shownFrom) + by
    shownFrom = logLevels[Math.max(0, Math.min(logLevels.length - 1, at))]!
  }
  yield* onSignal("SIGUSR1", move(1))
  yield* onSignal("SIGUSR2", move(-1))
  if (Option.isSome(input.setLevel)) yield* answer(client, host, "log-level", [input.setLevel.value])
  else if (!input.json)
    yield* Effect.matchEffect(client.call("log-level"), {
      onSuccess: ({ values: [level] }) => told(level),
      // one that has no levels may log all the same; of one that does not answer it is as well to know
      onFailure: (error) =>
        error._tag === "KatcpError" ? output.note(visible(`katcp: ${explain(host.text, error).message}`)) : Effect.void
    })
  const shown = Stream.runForEach(records, (message) => {
    const [word = "", timestamp = "", name = "", text = ""] = [0, 1, 2, 3].map((at) => message.text(at))
    const level = parseLogLevel(word)
    // a level that nobody knows is shown: it may be grave
    if (level !== undefined && level !== "off" && level !== "all" && !reports(shownFrom, level)) return Effect.void
    if (modules.length > 0 && !modules.some((module) => Client.matches(module, name))) return Effect.void
    const seconds = client.dialect.toSeconds(Number(timestamp))
    if (file !== undefined) return file(fileLine(input.json, word, seconds, name, text))
    if (input.json) return output.json({ level: word, timestamp: seconds, name, message: text })
    const shade: Colour = level === undefined || level === "off" || level === "all" ? "yellow" : colours[level]
    const head = `${output.paint(shade, padTo(visible(word), 5))} ${visible(name)}`
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      output.line(`${output.paint("grey", timeText(seconds, now / 1000))} ${head}: ${visibleLines(text, "    ")}`)
    )
  })
  yield* Effect.mapError(until(shown, Option.getOrUndefined(input.for)), (error) =>
    error._tag === "Failure" ? error : unasked(`${host.text}: ${error.message}`)
  )

  function told(level: string | undefined) {
    const device = level === undefined ? undefined : parseLogLevel(level)
    if (device === undefined || device === "all" || device === "trace") return Effect.void
    return output.note(`katcp: ${host.text} reports from ${device} on; --set-level changes that for all its clients`)
  }
}, Effect.scoped)
