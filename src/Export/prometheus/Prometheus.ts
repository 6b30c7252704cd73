import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { expectOptions } from "../../Message/index.ts"
import type { Row, SiteShape } from "../../Site/index.ts"
import type { ExportRefused } from "../errors.ts"
import { wantedBy } from "../select.ts"
import type { Format } from "./families.ts"
import { namedBy } from "./named.ts"
import type { PrometheusOptions } from "./options.ts"
import { preparing } from "./preparing.ts"
import { Rendering } from "./Rendering.ts"
import { SensorLines } from "./SensorLines.ts"
import { Slices } from "./Slices.ts"

/**
 * The number of scrapes that may wait. Not measured: a site has two or three Prometheus servers; all that wait share
 * one text.
 */
const mostWaiting = 32

/**
 * The counts of an exporter for Prometheus.
 *
 * @category models
 * @since 0.1.0
 */
export interface PrometheusStats {
  /** The number of answered scrapes. */
  readonly scrapes: number
  /** The number of scrapes that were refused because too many waited. */
  readonly refused: number
  /** The bytes of the last text. */
  readonly bytes: number
  /** The time of the last text from its beginning to its end, in seconds; other work ran between its slices. */
  readonly seconds: number
  /** The longest time that a text has ever blocked the process, in seconds. */
  readonly stretch: number
}

/**
 * Renders the sensors of a site as text for Prometheus.
 *
 * @category models
 * @since 0.1.0
 */
export interface Prometheus {
  /**
   * Returns the text of all current sensors, in UTF-8. It is rendered in slices, with turns for other work between
   * them. Requests during a rendering share the next one. Returns `undefined` if too many wait.
   */
  readonly render: (format: "plain" | "openmetrics") => Effect.Effect<Uint8Array | undefined>
  /**
   * Prepares the lines of sensors as they appear, in slices, with turns for other work between them, until the scope
   * closes. Without it the first text formats the lines of all sensors.
   */
  readonly prepare: Effect.Effect<void, never, Scope.Scope>
  readonly stats: PrometheusStats
}

/**
 * Makes a renderer of a site's sensors for Prometheus: for programs that serve the text themselves. Fails with
 * `ExportRefused` for a malformed pattern or name of a metric.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makePrometheus = (
  site: SiteShape,
  options: PrometheusOptions = {}
): Effect.Effect<Prometheus, ExportRefused> =>
  Effect.gen(function* () {
    expectOptions("Export.makePrometheus", options)
    const { states = 32, text = false, timestamps = false } = options
    const wanted = yield* Effect.fromResult(wantedBy(options.sensors))
    const named = yield* Effect.fromResult(namedBy(options.named ?? []))
    const clock = yield* Clock.Clock
    const seconds = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e9
    const known = new WeakMap<Row, SensorLines | "left out">()
    const linesOf = (row: Row): SensorLines | "left out" => {
      const lines = known.get(row)
      if (lines !== undefined) return lines
      const made = wanted(row.device, row.name) ? new SensorLines(row, { states, named }) : "left out"
      known.set(row, made)
      return made
    }
    const stats = { scrapes: 0, refused: 0, bytes: 0, seconds: 0, stretch: 0 }

    const draw = Effect.fnUntraced(function* (format: Format) {
      const begun = seconds()
      const slices = new Slices(clock)
      const rendering = new Rendering({ format, named: named.families, text, timestamps })
      // a device that is removed and added meanwhile must not appear twice
      for (const device of [...site.devices.values()]) {
        rendering.device(device)
        for (const row of [...site.table.of(device.name)]) {
          const lines = row.removed ? "left out" : linesOf(row)
          if (lines !== "left out") rendering.sensor(row, lines)
          if (!slices.step()) continue
          rendering.flush()
          yield* slices.turn
        }
      }
      const pieces = rendering.end()
      const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
      let at = 0
      for (const piece of pieces) {
        bytes.set(piece, at)
        at += piece.length
        if (slices.step()) yield* slices.turn
      }
      slices.end()
      stats.stretch = Math.max(stats.stretch, slices.longest)
      stats.bytes = bytes.length
      stats.seconds = seconds() - begun
      return bytes
    })
    // write each sensor once to a discarded text, to compile the code before the first scrape
    const blank = () => new Rendering({ format: "plain", named: named.families, text, timestamps })
    let scratch = blank()
    const prepare = preparing(site.table, clock, {
      prepare: (row) => {
        const lines = linesOf(row)
        if (lines !== "left out") scratch.sensor(row, lines)
      },
      flush: () => {
        scratch.end()
        scratch = blank()
      },
      held: (longest) => {
        stats.stretch = Math.max(stats.stretch, longest)
      }
    })

    const one = yield* Semaphore.make(1)
    /** Counts the requests and the beginnings of texts. */
    let sequence = 0
    let waiting = 0
    const last = new Map<Format, { readonly begun: number; readonly bytes: Uint8Array }>()
    const render = (format: Format): Effect.Effect<Uint8Array | undefined> =>
      Effect.suspend(() => {
        if (waiting >= mostWaiting) {
          stats.refused++
          return Effect.undefined
        }
        waiting++
        const asked = ++sequence
        return Effect.suspend(() => {
          const made = last.get(format)
          if (made !== undefined && made.begun > asked) return Effect.succeed(made.bytes)
          const begun = ++sequence
          return Effect.tap(draw(format), (bytes) => Effect.sync(() => last.set(format, { begun, bytes })))
        }).pipe(
          one.withPermit,
          Effect.tap(() => Effect.sync(() => stats.scrapes++)),
          Effect.ensuring(
            Effect.sync(() => {
              waiting--
              if (waiting === 0) last.clear()
            })
          )
        )
      })
    return { render, prepare, stats }
  })
