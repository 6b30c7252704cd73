import type { Series } from "../../../src/Cli/plot/Series.ts"

/** The first time of the plots of tests: 2026-09-21 14:13:20 UTC. */
export const start = 1_790_000_000

/** A reading: seconds since {@link start}, its value, and the code of its status; `nominal` by default. */
export type Point = readonly [time: number, value: number, code?: number]

/** A series of readings. */
export const seriesOf = (label: string, points: ReadonlyArray<Point>, more: Partial<Series> = {}): Series => ({
  label,
  units: "",
  kind: "line",
  length: points.length,
  times: points.map(([time]) => start + time),
  values: points.map(([, value]) => value),
  codes: points.map(([, , code = 1]) => code),
  states: [],
  latest: points.length === 0 ? "" : (more.states?.[points.at(-1)![1]] ?? `${points.at(-1)![1]}`),
  ...more
})

/** Readings of a function, so many over five minutes. */
export const sampled = (
  count: number,
  value: (place: number) => number,
  code = (_: number) => 1
): ReadonlyArray<Point> =>
  Array.from({ length: count }, (_, place) => [(place * 300) / count, value(place), code(place)])
