/** Pushes readings to a destination until it ends. */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import {
  type ExportRefused,
  influxLines,
  influx as influxSink,
  type LineForm,
  ndjsonLines,
  otlp as otlpSink,
  push,
  type Sink
} from "../../../Export/index.ts"
import { lineFile } from "../../../Export/node/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { Output } from "../../show/Output.ts"
import { visible } from "../../show/visible.ts"
import { common, siteOf, told } from "./site.ts"

const pushing = {
  ...common,
  every: flags.duration("every", "How long readings are collected before sending; default: 1s"),
  for: flags.duration("for", "End after this time; default: never"),
  report: flags.duration("report", "The interval of progress lines on standard error; default: 1min")
}
const rotating = {
  rotateSize: Flag.String("rotate-size").pipe(
    Flag.withMetavar("256MB"),
    Flag.withDescription("For a file: the size after which a new one begins; default: 256MB"),
    Flag.filterMap(
      (text) => ByteSize.fromString(text),
      (text) => `${JSON.stringify(text)} is not a size: write 256MB or 1GiB`
    ),
    Flag.optional
  ),
  rotateAge: flags.duration("rotate-age", "For a file: the time after which a new one begins; default: 24h"),
  rotateKeep: Flag.Int("rotate-keep").pipe(
    Flag.withMetavar("14"),
    Flag.withDescription("For a file: the number of earlier ones to keep; default: 14"),
    Flag.filter(
      (count) => count >= 0,
      (count) => `${count} is not a number of files`
    ),
    Flag.optional
  )
}
const headers = Flag.String("header").pipe(
  Flag.withMetavar("NAME=VALUE"),
  Flag.withDescription("A header of the requests; put secrets into KATCP_EXPORT_TOKEN instead. May be repeated"),
  Flag.atLeast(0)
)
const to = (description: string) =>
  Flag.String("to").pipe(Flag.withMetavar("DESTINATION"), Flag.withDescription(description), Flag.withDefault("-"))

type Pushing = Command.Command.Config.Infer<typeof pushing>
type Rotating = Command.Command.Config.Infer<typeof rotating>

/** Pushes the readings of the selected sensors to a sink. */
const run = Effect.fnUntraced(function* (
  input: Pushing,
  make: Effect.Effect<Sink, ExportRefused, HttpClient.HttpClient | Output | Scope.Scope>
) {
  const output = yield* Output
  yield* (yield* Ending).isService
  const { names, site } = yield* siteOf(input)
  const refused = Effect.mapError(({ message }: { readonly message: string }) => cannotRun(message))
  const sink = yield* refused(make)
  const health = yield* refused(push(site, sink, { every: Option.getOrUndefined(input.every) }))
  yield* output.note(`katcp: exporting ${names.join(", ")} to ${sink.to}; ctrl-C ends it`)
  yield* (yield* Ending).serves
  const report = Effect.gen(function* () {
    yield* Effect.sleep(Option.getOrElse(input.report, () => 60_000))
    const { error, lost, pending, refused, written } = health()
    yield* output.note(
      `katcp: ${written} readings written, ${pending} waiting, ${refused} refused, ${lost} lost${error === undefined ? "" : `; ${visible(error)}`}`
    )
  })
  const duration = Option.getOrElse(input.for, () => Number.POSITIVE_INFINITY)
  yield* Effect.timeoutOption(Effect.forever(report), duration)
}, Effect.scoped)

/** The standard output as a sink. When its reader closes it, the command ends. */
const standardOutput = (form: LineForm): Effect.Effect<Sink, never, Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    const now = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)
    yield* output.raw(form.head(yield* now))
    return {
      name: form.name,
      to: "the standard output",
      write: (changes) =>
        Effect.suspend(() => {
          const { altered, readings, text } = form.lines(changes)
          return Effect.as(text === "" ? Effect.void : output.raw(text), { written: readings, refused: 0, altered })
        }),
      gap: (lost) => Effect.flatMap(now, (time) => output.raw(form.gap(lost, time)))
    } satisfies Sink
  })

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text)

/** A file or the standard output. */
const lines = (to: string, form: LineForm, { rotateAge, rotateKeep, rotateSize }: Rotating) =>
  to === "-"
    ? standardOutput(form)
    : lineFile({
        file: to,
        form,
        size: Option.getOrUndefined(rotateSize),
        age: Option.getOrUndefined(rotateAge),
        keep: Option.getOrUndefined(rotateKeep)
      })

/** The headers of the flags, and the token of the environment. */
const headersOf = (given: ReadonlyArray<string>, scheme: string): Effect.Effect<Record<string, string>, Failure> =>
  Effect.gen(function* () {
    const token = process.env.KATCP_EXPORT_TOKEN ?? ""
    const found: Record<string, string> = token === "" ? {} : { authorization: `${scheme} ${token}` }
    for (const text of given) {
      const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([^\x00-\x1f\x7f]*)$/.exec(text) ?? []
      if (name === undefined || value === undefined)
        return yield* cannotRun("--header: write NAME=VALUE, like x-scope-orgid=array")
      found[name.toLowerCase()] = value
    }
    return found
  })

const influxConfig = {
  ...pushing,
  ...rotating,
  to: to("The destination of lines: http://HOST:8086/write?db=katcp, a file, or - for standard output; default: -"),
  measurement: Flag.String("measurement").pipe(
    Flag.withDescription("The name of the measurement; default: katcp"),
    Flag.withDefault("katcp")
  ),
  numbersOnly: Flag.Boolean("numbers-only").pipe(
    Flag.withDescription("Omit text fields: for VictoriaMetrics, which cannot store them"),
    Flag.withDefault(false)
  ),
  header: headers
}

/** `katcp export influx`. */
export const influx = Command.make("influx", influxConfig, (input) =>
  Effect.gen(function* () {
    const { measurement, numbersOnly, to } = input
    const options = { measurement, strings: !numbersOnly }
    if (!isUrl(to) && /^(?:[a-z][a-z0-9+.-]*:\/\/|[\w.-]+:\d+(?:\/|$))/i.test(to))
      return yield* cannotRun(
        `--to ${visible(to)}: lines go to a URL (http://HOST:8086/write?db=katcp), a file, or the standard output (-)`
      )
    const headers = yield* headersOf(input.header, "Token")
    yield* run(input, isUrl(to) ? influxSink({ ...options, url: to, headers }) : lines(to, influxLines(options), input))
  }).pipe(Effect.provide([told, FetchHttpClient.layer]))
).pipe(
  Command.withDescription("Push every reading as Influx lines: to InfluxDB, VictoriaMetrics, Telegraf, or a file"),
  Command.withExamples([
    {
      command: "katcp export influx m000=10.0.0.1 --to 'http://localhost:8086/write?db=katcp'",
      description: "To InfluxDB 1"
    },
    {
      command: "katcp export influx 'm0*/rx.*' --to http://localhost:8428 --numbers-only",
      description: "To VictoriaMetrics"
    }
  ])
)

const otlpConfig = {
  ...pushing,
  to: Flag.String("to").pipe(
    Flag.withMetavar("URL"),
    Flag.withDescription("The collector; default: http://localhost:4318/v1/metrics"),
    Flag.withDefault("http://localhost:4318/v1/metrics")
  ),
  format: Flag.Literals("format", ["protobuf", "json"]).pipe(
    Flag.withDescription("protobuf (default) or json"),
    Flag.withDefault("protobuf")
  ),
  header: headers
}

/** `katcp export otlp`. */
export const otlp = Command.make("otlp", otlpConfig, (input) =>
  Effect.gen(function* () {
    const headers = yield* headersOf(input.header, "Bearer")
    if (!isUrl(input.to))
      return yield* cannotRun(`--to ${visible(input.to)}: OTLP goes to a URL: http://HOST:4318/v1/metrics`)
    yield* run(input, otlpSink({ url: input.to, format: input.format, headers }))
  }).pipe(Effect.provide([told, FetchHttpClient.layer]))
).pipe(
  Command.withDescription("Push every reading to an OpenTelemetry collector over HTTP"),
  Command.withExamples([
    { command: "katcp export otlp m000=10.0.0.1 --to http://collector:4318", description: "As protobuf" }
  ])
)

const ndjsonConfig = {
  ...pushing,
  ...rotating,
  to: to("The destination of lines: a file, or - for standard output; default: -")
}

/** `katcp export ndjson`. */
export const ndjson = Command.make("ndjson", ndjsonConfig, (input) =>
  Effect.gen(function* () {
    if (/^[a-z]+:\/\//i.test(input.to))
      return yield* cannotRun(`--to: NDJSON goes to a file, or to the standard output (-)`)
    yield* run(input, lines(input.to, ndjsonLines(), input))
  }).pipe(Effect.provide([told, FetchHttpClient.layer]))
).pipe(
  Command.withDescription("Write every reading as a line of JSON; katcp replay and katcp archive import read it"),
  Command.withExamples([
    {
      command: "katcp export ndjson m000=10.0.0.1 --to night.ndjson --rotate-age 1h",
      description: "One file per hour"
    },
    { command: "katcp export ndjson dish-7 rx.temp | jq .value", description: "Into a program" }
  ])
)
