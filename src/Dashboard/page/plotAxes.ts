/** The axes of plots: the range of values, and the labels of values and times. */
import type uPlot from "uplot"
import { timeText } from "../state/format.ts"
import { zone } from "./app.ts"

/** The values from the smallest to the largest, with a margin. A flat line is in the middle. */
export const rangeOf = (_: uPlot, least: number | null, largest: number | null): [number, number] => {
  if (least === null || largest === null) return [0, 1]
  const air = (largest - least) * 0.08 || Math.abs(largest) * 0.05 || 1
  return [least - air, largest + air]
}

/** A value at the axis: at most six digits. */
export const axisText = (value: number): string => {
  const size = Math.abs(value)
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(1) : String(Number(value.toPrecision(6)))
}

/** Labels of the axis: clock times, and the date where it changes. */
export const timeLabels = (
  _: uPlot,
  values: ReadonlyArray<number>,
  __: number,
  ___: number,
  step: number
): Array<string> => {
  let day = ""
  return values.map((value) => {
    const text = timeText(value, zone.value, step < 1 ? "ms" : "s")
    const clock = step < 60 ? text.slice(11) : text.slice(11, 16)
    const date = text.slice(5, 10)
    const isNew = day !== "" && date !== day
    const isFirst = day === ""
    day = date
    return step >= 86_400 ? date : isNew || (isFirst && step >= 3600) ? `${clock}\n${date}` : clock
  })
}
