/** A series of readings to be plotted. */

/** The readings of one sensor in time order. A reading holds until the next one. */
export interface Series {
  /** The name in the legend. */
  readonly label: string
  readonly units: string
  /** The way it is drawn: numbers as a `line`, states as a `band` of segments, booleans as a band of low and high. */
  readonly kind: "line" | "band" | "switch"
  /** The number of readings. */
  readonly length: number
  /** The times, in seconds since 1970. */
  readonly times: ArrayLike<number>
  /** The numbers; for a band the index in {@link states}. */
  readonly values: ArrayLike<number>
  /** The statuses by number: 0 is `unknown`, 1 `nominal`, 6 `inactive`. */
  readonly codes: ArrayLike<number>
  /** The states of a band. */
  readonly states: ReadonlyArray<string>
  /** The newest value as text, for the legend. */
  readonly latest: string
}

/** Returns the index of the first reading later than a time. */
export const firstAfter = ({ length, times }: Series, time: number): number => {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! > time) high = middle
    else low = middle + 1
  }
  return low
}
