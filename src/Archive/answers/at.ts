import * as Effect from "effect/Effect"
import { statuses } from "../../Sensor/index.ts"
import type { Archive, Moment } from "../Archive.ts"
import { concerns, type Gap, hides } from "../model/Gap.ts"
import { type ArchivedReading, micros, readingOf, seconds } from "../model/Reading.ts"
import { nameOf } from "../model/Series.ts"
import { ordered } from "../queries.ts"
import type { Asked } from "./Asked.ts"
import { latestOf } from "./pieces.ts"

export const at = (asked: Asked): Archive["Service"]["at"] =>
  Effect.fnUntraced(function* (query) {
    const time = micros(query.time)
    yield* ordered(time, time + 1)
    const all = yield* asked.series(query.sensors)
    const rows = new Map((yield* latestOf(asked, all, time)).map(({ row, series }) => [series, row]))
    // gaps of all devices, and of each
    const gaps = new Map<string, Array<Gap>>()
    for (const gap of yield* asked.gaps(time, time + 1))
      if (hides(gap, time)) gaps.set(gap.device, [...(gaps.get(gap.device) ?? []), gap])
    const moments = new Map<string, Moment>()
    for (const one of all) {
      const row = rows.get(one.id)
      const known = moments.get(nameOf(one))
      if (
        known !== undefined &&
        (row === undefined || (known.reading !== undefined && micros(known.reading.time) > row.time))
      )
        continue
      const { device, sensor } = one
      const reading = row === undefined ? undefined : readingOf(one, row)
      moments.set(nameOf(one), {
        device,
        sensor,
        series: row === undefined ? undefined : one,
        reading,
        ...standingAt(
          reading,
          ["", device].flatMap((name) => gaps.get(name) ?? []).filter((gap) => concerns(gap, one))
        )
      })
    }
    return [...moments.values()]
  })

/**
 * The state at a time: the reading, or the gap that began last. Of gaps with the same beginning, the device's comes
 * first.
 */
const standingAt = (
  reading: ArchivedReading | undefined,
  gaps: ReadonlyArray<Gap>
): Pick<Moment, "status" | "since" | "gap"> => {
  const gap = [...gaps].sort(
    (one, other) => other.from - one.from || reasons.indexOf(one.reason) - reasons.indexOf(other.reason)
  )[0]
  if (gap === undefined) return { status: reading?.status ?? statuses[0], since: reading?.time, gap: undefined }
  return { status: gap.reason === "away" ? "unreachable" : "unknown", since: seconds(gap.from), gap }
}

const reasons: ReadonlyArray<Gap["reason"]> = ["away", "removed", "off"]
