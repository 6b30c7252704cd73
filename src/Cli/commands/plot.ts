/** Sensors over time in the terminal. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { ClockWatch } from "../plot/ClockWatch.ts"
import { History } from "../plot/History.ts"
import { maxLines } from "../plot/marks.ts"
import { plot as draw } from "../plot/plot.ts"
import { openScreen } from "../plot/Screen.ts"
import { nameOf } from "../reach/chosen.ts"
import { strategyFlag, watchReadings } from "../reach/readings.ts"
import { charsetOf, charsets } from "../show/charset.ts"
import { Output } from "../show/Output.ts"
import type { Shown } from "../show/reading.ts"
import { zoneOf } from "../show/time.ts"
import { cutTo } from "../show/width.ts"

const size = (name: string, description: string, minimum: number, maximum: number) =>
  Flag.Int(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (count) => count >= minimum && count <= maximum,
      (count) => `${count} is too ${count < minimum ? "small" : "large"}: write ${minimum} to ${maximum}`
    ),
    Flag.optional
  )

const config = {
  words: flags.words("TARGET", flags.targets),
  since: flags.duration("since", "The time span of the plot, up to now; default: that of --for, otherwise 2min"),
  for: flags.duration("for", "Exit this long after the first reading, and leave the plot on the screen"),
  strategy: strategyFlag,
  received: Flag.Boolean("received").pipe(
    Flag.withDescription("Plot readings by their time of arrival, for a device with a wrong clock"),
    Flag.withDefault(false)
  ),
  separate: Flag.Boolean("separate").pipe(
    Flag.withDescription("Use a scale for each sensor; default: sensors with equal units share one"),
    Flag.withDefault(false)
  ),
  draw: Flag.Literals("draw", charsets).pipe(
    Flag.withDescription("The characters of lines; default: those that the terminal supports"),
    Flag.optional
  ),
  width: size("width", "Columns of the plot; default: the terminal's, otherwise 80", 20, 400),
  height: size("height", "Lines of the plot; default: the terminal's, otherwise 24", 8, 400),
  utc: flags.utc,
  ...flags.reaching,
  ...flags.reconnecting
}

type Input = Command.Command.Config.Infer<typeof config>

/** Milliseconds that the plot shows by default. Not measured: the time in which a person notices a change. */
const defaultSince = 120_000
/** Seconds that the plot shows at first. Not measured: enough that the first readings do not race over the screen. */
const firstSpan = 10
/**
 * The time after which `--for` counts even without a reading. Not measured: longer than connecting to a busy device
 * takes.
 */
const startGrace = "10 seconds"
/**
 * The time after which the plot is shown without a reading. Not measured: longer than connecting takes, and no one waits
 * longer without a word.
 */
const blind = "3 seconds"
/** Milliseconds between two redraws. Not measured: the lines move by less than a dot, and values stay readable. */
const frame = 250
/** The size without a terminal. Given by terminals: their usual one. */
const [defaultColumns, defaultRows] = [80, 24]

const handler = Effect.fnUntraced(function* (input: Input) {
  const output = yield* Output
  const terminal = output.terminal()
  const live = terminal !== undefined && process.env.TERM !== "dumb"
  const ends = Option.getOrUndefined(input.for)
  if (!live && ends === undefined)
    return yield* cannotRun("there is no terminal to draw on; with --for 30s the plot is printed at the end")
  const since = Option.getOrElse(input.since, () => ends ?? defaultSince) / 1000
  const zone = zoneOf(input)
  const charset = Option.getOrElse(input.draw, () => charsetOf(process.env))
  const { end, leftOut, readings, says, several } = yield* watchReadings(input, {
    json: false,
    quiet: live,
    limit: maxLines
  })
  const nowSeconds = Effect.map(Clock.currentTimeMillis, (milliseconds) => milliseconds / 1000)
  /** Done at the first reading: the device is reachable, and has the sensor. */
  const began = Deferred.makeUnsafe<void>()
  let begun: number | undefined
  const histories = new Map<string, History>()
  const clocks = new Map<string, ClockWatch>()
  const paused: { at: number | undefined } = { at: undefined }

  const take = (shown: Shown) => {
    const { device, reading, received, sensor } = shown
    if (reading === undefined) return
    const key = `${device}\n${sensor.name}`
    let history = histories.get(key)
    if (history === undefined || !history.isOf(sensor)) {
      history = new History(nameOf(several, device, sensor.name), sensor)
      histories.set(key, history)
      begun ??= received
      Deferred.doneUnsafe(began, Effect.void)
    }
    const clock = clocks.get(device) ?? new ClockWatch()
    clocks.set(device, clock)
    if (reading.status !== "unreachable") clock.take(reading.timestamp, received, history.isNewTime(reading.timestamp))
    // a reading cannot arrive before it is made, unless the device's clock is ahead
    history.add(shown, input.received ? received : Math.min(reading.timestamp, received))
  }

  /** Returns the current plot with this many columns and rows. */
  const picture = (now: number, columns: number, rows: number): ReadonlyArray<string> => {
    const to = paused.at ?? now
    // there is no data from before the command: the plot grows up to the requested span
    const from = to - Math.min(since, Math.max(firstSpan, to - (begun ?? to)))
    const all = [...histories.values()]
    for (const history of all) history.trim(from)
    return draw(all, {
      columns,
      rows,
      from,
      to,
      zone,
      charset,
      paint: output.paint,
      separate: input.separate
    })
  }
  const sized = () => {
    const { columns = defaultColumns, rows = defaultRows } = output.terminal() ?? {}
    return {
      columns: Option.getOrElse(input.width, () => columns),
      rows: Option.getOrElse(input.height, () => rows)
    }
  }
  /** Returns the line at the bottom: keys and problems. */
  const status = (columns: number): string => {
    const faults = [...clocks].flatMap(([device, { fault }]) =>
      fault === undefined || input.received
        ? []
        : [`the clock of ${device} is ${fault}; --received plots by the time here`]
    )
    const more = leftOut() === 0 ? [] : [`${leftOut()} more sensors match, a plot has ${maxLines}: name fewer`]
    const dropped = [...histories.values()].reduce((sum, history) => sum + history.dropped, 0)
    const lost = dropped === 0 ? [] : [`${dropped} of the oldest readings were dropped`]
    const wrong = [says(), ...more, ...faults, ...lost].filter((text) => text !== "")
    const keys = `${paused.at === undefined ? "" : "paused; "}space ${paused.at === undefined ? "pauses" : "continues"}, q quits`
    const text = cutTo(wrong.length === 0 ? keys : wrong.join("; "), columns)
    return output.paint(wrong.length === 0 ? "grey" : "yellow", text)
  }

  const collecting = Stream.runForEach(readings, (shown) => Effect.sync(() => take(shown)))
  // the time to connect does not count
  const isOver =
    ends === undefined
      ? Effect.never
      : Effect.andThen(Effect.timeoutOption(Deferred.await(began), startGrace), Effect.sleep(ends))
  let quits = false
  const showing = Effect.gen(function* () {
    // a failure to connect is shown on the normal screen
    yield* Effect.timeoutOption(Deferred.await(began), blind)
    const screen = yield* openScreen((key) => {
      if (key === "q" || key === "Q") quits = true
      if (key === " ") paused.at = paused.at === undefined ? Number.NaN : undefined
    })
    while (!quits) {
      const now = yield* nowSeconds
      if (paused.at !== undefined && Number.isNaN(paused.at)) paused.at = now
      const { columns, rows } = sized()
      yield* screen.draw([...picture(now, columns, rows - 1), status(columns)])
      yield* Effect.timeoutOption(screen.changed, frame)
    }
  })
  const whole = Effect.raceFirst(collecting, live ? Effect.scoped(showing) : Effect.never)
  // in any case, the plot stays where the terminal continues
  yield* Effect.ensuring(Effect.raceFirst(whole, isOver), print(output))
  yield* end

  function print({ line }: Output["Service"]) {
    return Effect.gen(function* () {
      const { columns, rows } = sized()
      if (histories.size > 0)
        yield* Effect.forEach(picture(yield* nowSeconds, columns, rows - 1), line, { discard: true })
      if (leftOut() > 0)
        yield* output.note(`katcp: ${leftOut()} more sensors match; a plot has at most ${maxLines}: name fewer`)
    })
  }
}, Effect.scoped)

/** `katcp plot`. */
export const plot = Command.make("plot", config, handler).pipe(
  Command.withDescription("Plot sensors over time in the terminal, across reconnections"),
  Command.withExamples([
    { command: "katcp plot dish-7 'rx.*.temp'", description: "The last two minutes, up to now" },
    { command: "katcp plot 'm0*/rx.temp'", description: "A sensor of several devices of the site file" },
    { command: "katcp plot dish-7 azimuth elevation --since 10min", description: "Two lines over ten minutes" },
    { command: "katcp plot dish-7 azimuth --for 30s > plot.txt", description: "Half a minute, into a file" }
  ])
)
