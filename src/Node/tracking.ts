import type { ClockReading, ClockState } from "../Sensor/index.ts"

const states: ReadonlyMap<string, ClockState> = new Map<string, ClockState>([
  ["Normal", "ok"],
  ["Insert second", "ins"],
  ["Delete second", "del"],
  ["Not synchronised", "error"]
])

/** The positions of the used fields in the line of `chronyc -c tracking`, which has 14 fields. */
const fields = { systemOffset: 4, rmsOffset: 6, rootDelay: 10, rootDispersion: 11, leapStatus: 13 }

/**
 * Parses a line of `chronyc -c tracking`. Returns `undefined` for another line. The largest error is the bound in
 * chrony's manual: system offset + root dispersion + half of the root delay. The estimated error is the root mean
 * square of the offsets. For a clock that is not synchronised, the errors are unknown.
 *
 * @category parsing
 * @since 0.1.0
 */
export const parseTracking = (line: string): ClockReading | undefined => {
  const parts = line.trim().split(",")
  const state = states.get(parts[fields.leapStatus] ?? "")
  if (parts.length !== 14 || state === undefined) return undefined
  if (state === "error") return { state, maxerror: undefined, esterror: undefined }
  const number = (place: number) => (parts[place] === "" ? Number.NaN : Number(parts[place]))
  const esterror = number(fields.rmsOffset)
  const maxerror =
    Math.abs(number(fields.systemOffset)) + number(fields.rootDispersion) + Math.abs(number(fields.rootDelay)) / 2
  return Number.isFinite(maxerror) && Number.isFinite(esterror) ? { state, maxerror, esterror } : undefined
}
