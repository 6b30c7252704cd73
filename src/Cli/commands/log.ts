/** The log of a device, live. */

import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Client from "../../Client/index.ts"
import { logLevels, parseLogLevel, reports, type Severity } from "../../Interface/index.ts"
import { cannotRun, explain, type Failure } from "../Failure.ts"
import * as flags from "../flags.ts"
import { answer, filterOf } from "../reach/device.ts"
import { follow, until } from "../reach/following.ts"
import type { Host } from "../reach/host.ts"
import { Failures, streamOf } from "../reach/several.ts"
import { devicesOf } from "../reach/targets.ts"
import { type LogRecord, logRows, recordJson } from "../show/logRecords.ts"
import { type Colour, Output } from "../show/Output.ts"
import { printerOf } from "../show/printing.ts"
import { timeText, type Zone, zoneOf } from "../show/time.ts"
import { visible, visibleJson, visibleLines } from "../show/visible.ts"
import { padTo } from "../show/width.ts"
import { logFile } from "./log/logFile.ts"
import { onSignal } from "./log/signals.ts"

const config = {
  words: flags.words("HOST", "The devices: dish-7, m000, 'm0*'"),
  level: Flag.Literals("level", logLevels).pipe(
    Flag.withAlias("l"),
    Flag.withDescription("Show records at this level and above; default: everything that the device reports"),
    Flag.withDefault("all")
  ),
  module: Flag.String("module").pipe(
    Flag.withAlias("m"),
    Flag.withMetavar("NAME"),
    Flag.withDescription(
      "Show only records of this name: a name, a glob (drive.*) or a regular expression (/temp/); may be repeated"
    ),
    Flag.atLeast(0)
  ),
  setLevel: Flag.Literals("set-level", logLevels).pipe(
    Flag.withDescription("Set the level from which the device reports, for all its clients"),
    Flag.optional
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("FILE"),
    Flag.withDescription("Append the records to a file; SIGHUP reopens it after a rename"),
    Flag.optional
  ),
  truncate: Flag.Boolean("truncate").pipe(
    Flag.withDescription("With --output: start with an empty file"),
    Flag.withDefault(false)
  ),
  attempts: Flag.Int("attempts").pipe(
    Flag.withAlias("a"),
    Flag.withMetavar("N"),
    Flag.withDescription("Give up after N failed attempts in a row to reconnect; default: never"),
    Flag.filter(
      (count) => count > 0,
      (count) => `"${count}" is not a number of attempts: write 1 or more`
    ),
    Flag.optional
  ),
  for: flags.duration("for", "Exit after this time"),
  ...flags.reaching,
  ...flags.reconnecting,
  ...flags.forms,
  utc: flags.utc
}

type Input = Command.Command.Config.Infer<typeof config>

const colours: Readonly<Record<Severity, Colour>> = {
  fatal: "red",
  error: "red",
  warn: "yellow",
  info: "green",
  debug: "grey",
  trace: "grey"
}

/** Formats a record for a file. */
const fileLine = (json: boolean, zone: Zone, record: LogRecord, several: boolean): string => {
  if (json) return visibleJson(JSON.stringify(recordJson(record)))
  const { device, level, message, name, timestamp } = record
  return `${timeText(timestamp, zone)} ${padTo(visible(level), 5)} ${visible(several ? `${device} ${name}` : name)}: ${visibleLines(message, "    ")}`
}

/** Returns the level of a record, or `undefined` for an unknown word. */
const levelOf = (word: string): Severity | undefined => {
  const level = parseLogLevel(word)
  return level === "off" || level === "all" ? undefined : level
}

const handler = Effect.fnUntraced(function* (input: Input) {
  const hosts = yield* devicesOf(input, input.words)
  const several = hosts.length > 1
  const output = yield* Output
  const zone = zoneOf(input)
  const print = yield* printerOf(input, logRows(zone))
  if (Option.isSome(input.output) && (input.csv || Option.isSome(input.format)))
    return yield* cannotRun(
      "--output has lines or, with --json, JSON: for --csv and --format redirect the standard output"
    )
  const modules = yield* Effect.forEach(input.module, filterOf)
  const failures = new Failures(hosts.length)
  // a file that cannot be written is reported before the device is contacted
  const file = Option.isSome(input.output) ? yield* logFile(input.output.value, input.truncate) : undefined
  let shownFrom = input.level
  // levels are ordered from the most verbose on
  const move = (by: number) => () => {
    const at = logLevels.indexOf(shownFrom) + by
    shownFrom = logLevels[Math.max(0, Math.min(logLevels.length - 1, at))]!
  }
  yield* onSignal("SIGUSR1", move(1))
  yield* onSignal("SIGUSR2", move(-1))
  const records = yield* streamOf(
    hosts.map((host) => ({ host })),
    failures,
    ({ host }) => recordsOf(host, input)
  )
  const chosen = Stream.filter(records, ({ level, name }) => {
    const known = levelOf(level)
    // an unknown level is shown: it may be severe
    if (known !== undefined && !reports(shownFrom, known)) return false
    return modules.length === 0 || modules.some((module) => Client.matches(module, name))
  })
  const forPeople = (record: LogRecord) => {
    const { level, message, name, timestamp } = record
    const known = levelOf(level)
    const shade = known === undefined ? "yellow" : colours[known]
    const head = `${output.paint(shade, padTo(visible(level), 5))} ${visible(several ? `${record.device} ${name}` : name)}`
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      output.line(
        `${output.paint("grey", timeText(timestamp, zone, now / 1000))} ${head}: ${visibleLines(message, "    ")}`
      )
    )
  }
  const shown =
    file !== undefined
      ? Stream.runForEach(chosen, (record) => file(fileLine(input.json, zone, record, several)))
      : print !== undefined
        ? print(chosen)
        : Stream.runForEach(chosen, forPeople)
  yield* until(shown, Option.getOrUndefined(input.for))
  yield* failures.end
}, Effect.scoped)

/** Connects to a device, and streams the records of its log. */
const recordsOf = (
  host: Host,
  input: Input
): Effect.Effect<Stream.Stream<LogRecord, Failure>, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    const { client } = yield* follow(host, input, { json: input.json })
    const records = yield* client.subscribe("log")
    if (Option.isSome(input.setLevel)) yield* answer(client, host, "log-level", [input.setLevel.value])
    else if (!input.json)
      yield* Effect.matchEffect(client.call("log-level"), {
        onSuccess: ({ values: [level] }) => told(level),
        // a device without levels may still log, but a device that does not answer is worth reporting
        onFailure: (error) =>
          error._tag === "KatcpError"
            ? output.note(visible(`katcp: ${explain(host.text, error).message}`))
            : Effect.void
      })
    return records.pipe(
      Stream.map((message): LogRecord => {
        const [level = "", timestamp = "", name = "", text = ""] = [0, 1, 2, 3].map((at) => message.text(at))
        return { device: host.text, level, timestamp: client.dialect.toSeconds(Number(timestamp)), name, message: text }
      }),
      Stream.mapError((error) => cannotRun(`${host.text}: ${error.message}`))
    )

    function told(level: string | undefined) {
      const device = level === undefined ? undefined : parseLogLevel(level)
      if (device === undefined || device === "all" || device === "trace") return Effect.void
      return output.note(`katcp: ${host.text} reports from ${device} on; --set-level changes that for all its clients`)
    }
  })

/** `katcp log`. */
export const log = Command.make("log", config, handler).pipe(
  Command.withDescription("Follow the log of the device, across reconnections"),
  Command.withExamples([
    { command: "katcp log dish-7 --level info", description: "Records for operators" },
    { command: "katcp log 'm0*' --level warn", description: "Warnings and errors of several devices of the site file" }
  ])
)
