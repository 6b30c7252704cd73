/** The counts of a gateway: for `/healthz`, as metrics, and as sensors of a proxy. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import * as Sensor from "../Sensor/index.ts"
import { type Figure, Figures, Health } from "../Site/index.ts"

/** The counts of a gateway: first the number of open ones, then totals since the start. */
export class GatewayCounts {
  /** WebSockets of pages. */
  pages = 0
  /** WebSockets of KATCP lines. */
  lines = 0
  /** Streams of server-sent events. */
  streams = 0
  /** Frames that were sent to pages. */
  framesSent = 0
  /** Events that were sent to streams. */
  eventsSent = 0
  /** Readings that were not sent to pages because newer ones of their sensors had replaced them. */
  readingsSkipped = 0
  /** Frames of pages that were refused with an error. */
  framesRefused = 0
  /** WebSockets that were refused because there were too many. */
  socketsRefused = 0
  /** Streams of server-sent events that were refused because there were too many. */
  streamsRefused = 0
  /** Pages that were closed because they were too slow. */
  tooSlow = 0
}

const descriptions: Readonly<Record<keyof GatewayCounts, readonly [name: string, doc: string]>> = {
  pages: ["pages", "Open WebSockets of pages."],
  lines: ["lines", "Open WebSockets of KATCP lines."],
  streams: ["streams", "Open streams of server-sent events."],
  framesSent: ["frames-sent", "Frames that were sent to pages."],
  eventsSent: ["events-sent", "Events that were sent to streams."],
  readingsSkipped: ["readings-skipped", "Readings that were not sent to pages because newer ones had replaced them."],
  framesRefused: ["frames-refused", "Frames of pages that were refused."],
  socketsRefused: ["sockets-refused", "WebSockets that were refused because there were too many."],
  streamsRefused: ["streams-refused", "Streams of events that were refused because there were too many."],
  tooSlow: ["too-slow", "Pages that were closed because they were too slow."]
}

const keys = Object.keys(descriptions) as ReadonlyArray<keyof GatewayCounts>

const figuresOf = (counts: GatewayCounts): ReadonlyArray<Figure> =>
  keys.map((key) => {
    const [name, doc] = descriptions[key]
    return {
      // in version 4, numbers must have a range
      sensor: Sensor.make(`gateway.${name}`, { type: Arg.Int, nominal: [0, Number.MAX_SAFE_INTEGER], doc }),
      metric: `katcp_gateway_${name.replaceAll("-", "_")}`,
      read: () => counts[key]
    }
  })

/** Adds counts to `Figures` and `Health`, if provided, until the scope closes. */
export const tellCounts = (counts: GatewayCounts): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const figures = yield* Effect.serviceOption(Figures)
    if (Option.isSome(figures)) yield* figures.value.add(figuresOf(counts))
    const health = yield* Effect.serviceOption(Health)
    if (Option.isSome(health))
      yield* health.value.add(
        "gateway",
        Effect.sync(() => ({ status: "ok" as const, details: { ...counts } }))
      )
  })
