/** What a gateway counts: for `/healthz`, as metrics, and as sensors of a proxy. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import * as Sensor from "../Sensor/index.ts"
import { type Figure, Figures, Health } from "../Site/index.ts"

/** The counts of a gateway. Those that are open now, then those since it began. */
export class GatewayCounts {
  /** WebSockets of pages. */
  pages = 0
  /** WebSockets of KATCP lines. */
  lines = 0
  /** Streams of server-sent events. */
  streams = 0
  /** Frames that pages were sent. */
  framesSent = 0
  /** Events that streams were sent. */
  eventsSent = 0
  /** Readings that pages were not sent, since newer ones of their sensors had come before the page was ready. */
  readingsSkipped = 0
  /** Frames of pages that were refused, with words why. */
  framesRefused = 0
  /** WebSockets that were refused since there were too many. */
  socketsRefused = 0
  /** Pages that were closed since they were too slow. */
  tooSlow = 0
}

const descriptions: Readonly<Record<keyof GatewayCounts, readonly [name: string, doc: string]>> = {
  pages: ["pages", "WebSockets of pages that are open."],
  lines: ["lines", "WebSockets of KATCP lines that are open."],
  streams: ["streams", "Streams of server-sent events that are open."],
  framesSent: ["frames-sent", "Frames that pages were sent."],
  eventsSent: ["events-sent", "Events that streams were sent."],
  readingsSkipped: ["readings-skipped", "Readings that pages were not sent, since newer ones had come."],
  framesRefused: ["frames-refused", "Frames of pages that were refused."],
  socketsRefused: ["sockets-refused", "WebSockets that were refused since there were too many."],
  tooSlow: ["too-slow", "Pages that were closed since they were too slow."]
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

/** Tells counts to `Figures` and `Health`, if these are there, until the scope closes. */
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
