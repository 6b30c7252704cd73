/** Ages of readings and other events. */

/**
 * Seconds by which clocks may differ: a time that is ahead by less counts as now. Not measured: synchronised clocks
 * differ by milliseconds, and ages are shown in seconds.
 */
export const skew = 1
/** Seconds of a year. Given by the calendar: 365.25 days. */
const year = 31_557_600

/** Returns a time in the largest unit that fits. */
export const spanText = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`
  if (seconds < 2 * year) return `${Math.round(seconds / 86400)} d`
  return `${Math.round(seconds / year)} y`
}

/**
 * Returns an age in the largest unit that fits: `0.4 s`, `12 s`, `5 min`, `3 h`, `9 d`, `3 y`; a future time as `in 3
 * h`.
 */
export const ageText = (seconds: number): string => {
  if (Number.isNaN(seconds)) return ""
  return seconds < -skew ? `in ${spanText(-seconds)}` : spanText(Math.max(0, seconds))
}
