/** Readings as a table on the terminal that is kept up to date in place. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Client from "../../../Client/index.ts"
import type { KatcpError } from "../../../Message/index.ts"
import { explain } from "../../Failure.ts"
import { ageText } from "../../show/age.ts"
import type { Output } from "../../show/Output.ts"
import { statusCell, valueText } from "../../show/sensors.ts"
import { type Column, table } from "../../show/table.ts"

type Reading = Extract<Client.SensorEvent, { readonly _tag: "Reading" }>

// a line that goes on in the next one would be left over when the table is drawn anew
const columns: ReadonlyArray<Column> = [
  { title: "sensor", shrinks: "last" },
  { title: "value", shrinks: "first" },
  { title: "units" },
  { title: "status" },
  { title: "age", right: true }
]
/** How often the table is drawn, in milliseconds. */
const frame = 100
const clearLine = "\u001b[2K"
/** The cursor out of sight, and what does not fit cut off by the terminal instead of continued in the next line. */
const enter = "\u001b[?25l\u001b[?7l"
const leave = "\u001b[?7h\u001b[?25h"

/** Shows the newest reading of each sensor until the readings end. */
export const live = <E extends KatcpError>(
  readings: Stream.Stream<Reading, E>,
  client: Pick<Client.Client<never, never>, "state">,
  host: string,
  /** Why nothing comes now. */
  reason: () => string | undefined,
  output: Output["Service"]
): Effect.Effect<void, E> => {
  const newest = new Map<string, Reading>()
  let drawn = 0
  const draw = Effect.gen(function* () {
    const size = output.terminal()
    if (size === undefined) return
    const now = (yield* Clock.currentTimeMillis) / 1000
    const all = [...newest.values()].sort((one, other) => (one.sensor.name < other.sensor.name ? -1 : 1))
    const room = Math.max(1, size.rows - 3)
    const rows = all
      .slice(0, room)
      .map(({ reading, sensor }) => [
        { text: sensor.name },
        { text: valueText(sensor.definition, reading.value) },
        { text: sensor.definition.units },
        statusCell(reading.status, output.paint),
        { text: ageText(now - reading.timestamp) }
      ])
    const more = all.length > room ? [output.paint("grey", `… ${all.length - room} more`)] : []
    const state = SubscriptionRef.getUnsafe(client.state)
    const why = reason()
    const text = Client.isConnected(state)
      ? (why ?? (state._tag === "Synced" ? "" : stateText(host, state)))
      : stateText(host, state)
    const words = text === "" ? "" : output.paint("yellow", text)
    const lines = [...table(columns, rows, size.columns), ...more, words]
    // from where it was drawn before, each line anew, and none left over
    const up = drawn > 0 ? `\u001b[${drawn}A` : ""
    const drawing = lines.map((line) => `${clearLine}${line}\n`).join("")
    drawn = lines.length
    yield* output.raw(`${up}\u001b[0J${drawing}`)
  })
  return readings.pipe(
    Stream.runForEach((reading) => Effect.sync(() => newest.set(reading.sensor.name, reading))),
    Effect.raceFirst(Effect.repeat(draw, Schedule.spaced(frame))),
    Effect.andThen(draw),
    (showing) =>
      Effect.acquireUseRelease(
        output.raw(enter),
        () => showing,
        () => output.raw(leave)
      )
  )
}

const stateText = (host: string, state: Client.ClientState): string => {
  switch (state._tag) {
    case "Sleeping":
      return `${explain(host, state.reason).message}; connecting again in ${(state.delay / 1000).toFixed(1)} s`
    case "Disconnected":
    case "Closed":
      return explain(host, state.reason).message
    default:
      return `${state._tag.toLowerCase()}…`
  }
}
