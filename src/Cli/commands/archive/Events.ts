/** What a file of `katcp export ndjson` says beside its readings: readings were lost, a sensor is gone. */
import * as Effect from "effect/Effect"
import type { ForeignReading, Gap, Store, StoreFailed } from "../../../Archive/index.ts"

type Stores = Store["Service"]

/** Turns the events of a file into gaps of an archive. Lines are taken in their order. */
export class Events {
  readonly #device: string | undefined
  /** When the last reading came, in microseconds since 1970. */
  #last: number | undefined
  /** Sensors that are gone, and since when. */
  readonly #removed = new Map<string, Gap>()
  /** Gaps that the store has not been told of. */
  #gaps: Array<Gap> = []

  /** `device`: the device that is named in place of those in the file. */
  constructor(device: string | undefined) {
    this.#device = device
  }

  /** Takes a line that has no reading. Returns `true` if it is an event. */
  take(line: Record<string, unknown>): boolean {
    const { device, event, lost, name, time } = line
    if (event === "lost" && typeof lost === "number" && typeof time === "number") {
      const to = Math.round(time * 1e6)
      const from = Math.min(this.#last ?? to - 1, to - 1)
      this.#gaps.push({ device: this.#device ?? "", sensor: "", from, to, reason: "lost", lost })
      return true
    }
    if (event !== "removed" || typeof device !== "string" || typeof name !== "string") return false
    // the event has no time: the sensor went after the last reading
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

  /** Takes readings: a sensor that has one is there again. */
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

  /** Tells the store of the gaps. Call it once all readings are there. */
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

/** The archive may know of a reading after the end of the file: with it the sensor was there again. */
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
