/** Events of a file of `katcp export ndjson`: lost readings, and removed sensors. */
import * as Effect from "effect/Effect"
import type { ForeignReading, Gap, Store, StoreFailed } from "../../../Archive/index.ts"

type Stores = Store["Service"]

/** Converts the events of a file into gaps of an archive. It takes lines in order. */
export class Events {
  readonly #device: string | undefined
  /** The time of the last reading, in microseconds since 1970. */
  #last: number | undefined
  /** The removed sensors, with the time of removal. */
  readonly #removed = new Map<string, Gap>()
  /** Gaps that are not in the store yet. */
  #gaps: Array<Gap> = []

  /** `device`: replaces the names of devices in the file. */
  constructor(device: string | undefined) {
    this.#device = device
  }

  /** Takes a line without a reading. Returns `true` if it is an event. */
  take(line: Record<string, unknown>): boolean {
    const { device, event, lost, name, time } = line
    if (event === "lost" && typeof lost === "number" && typeof time === "number") {
      const to = Math.round(time * 1e6)
      const from = Math.min(this.#last ?? to - 1, to - 1)
      this.#gaps.push({ device: this.#device ?? "", sensor: "", from, to, reason: "lost", lost })
      return true
    }
    if (event !== "removed" || typeof device !== "string" || typeof name !== "string") return false
    // the event has no time: the sensor was removed after the last reading
    const gap: Gap = {
      device: this.#device ?? device,
      sensor: name,
      from: this.#last ?? 0,
      to: null,
      reason: "removed",
      lost: 0
    }
    if (this.#last !== undefined) this.#removed.set(keyOf(gap), gap)
    return true
  }

  /** Takes readings: a sensor with a reading exists again. */
  readings(readings: ReadonlyArray<ForeignReading>): void {
    for (const { device, received, sensor } of readings) {
      const time = Math.round(received * 1e6)
      if (this.#removed.size > 0) {
        const gap = this.#removed.get(keyOf({ device, sensor }))
        if (gap !== undefined) {
          this.#removed.delete(keyOf(gap))
          this.#gaps.push({ ...gap, to: Math.max(time, gap.from) })
        }
      }
      this.#last = time
    }
  }

  /** Writes the gaps into the store. Call it after writing all readings. */
  write(store: Stores): Effect.Effect<void, StoreFailed> {
    return Effect.gen({ self: this as Events }, function* () {
      const gaps = this.#gaps
      this.#gaps = []
      if (this.#removed.size > 0) {
        const series = yield* store.series
        for (const gap of this.#removed.values()) gaps.push(yield* ended(store, series, gap))
        this.#removed.clear()
      }
      if (gaps.length > 0) yield* store.putGaps(gaps)
    })
  }
}

/** If the archive has a reading after the end of the file, the sensor existed again then. */
const ended = (store: Stores, series: Effect.Success<Stores["series"]>, gap: Gap): Effect.Effect<Gap, StoreFailed> =>
  Effect.gen(function* () {
    let to = Number.POSITIVE_INFINITY
    for (const { device, id, sensor } of series)
      if (device === gap.device && sensor === gap.sensor) {
        const query = { series: id, from: gap.from + 1, to: 9e15, limit: 1, newestFirst: false }
        for (const { time } of yield* store.rows(query)) to = Math.min(to, time)
      }
    return { ...gap, to: Number.isFinite(to) ? to : null }
  })

const keyOf = ({ device, sensor }: Pick<Gap, "device" | "sensor">): string => JSON.stringify([device, sensor])
