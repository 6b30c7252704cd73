/** The numbers below a plot: each sensor's value at the pointer or now, its minimum, maximum and status. */
import { useEffect, useState } from "preact/hooks"
import { href, type Range, usualRange } from "../state/address.ts"
import { textOf, timeText, valueText, visible } from "../state/format.ts"
import { lineOf, runsOf } from "../state/History.ts"
import { statusWord } from "../state/status.ts"
import { live, seconds, zone } from "./app.ts"
import { Icon, Status } from "./icons.tsx"
import { stretchOf } from "./PlotDrawing.ts"
import type { PlotSeries } from "./PlotSeries.ts"
import { SensorName } from "./text.tsx"

interface Numbers {
  readonly value: string
  readonly minimum: string
  readonly maximum: string
  readonly code: number
}

/** The legend. */
export const Legend = (props: {
  readonly series: ReadonlyArray<PlotSeries>
  readonly cursor: number | undefined
  readonly range: Range
  readonly onRemove: (sensor: string) => void
}) => {
  const { cursor, range, series } = props
  // people read these numbers, so once a second is enough
  const second = seconds.value
  const [rows, setRows] = useState<ReadonlyArray<Numbers>>([])
  useEffect(
    () => setRows(series.map((one) => numbersOf(one, range, cursor))),
    [second, cursor, JSON.stringify(range), series.map(({ key, row }) => `${key}${row?.type}`).join()]
  )
  let line = 0
  return (
    <div class="legend-box" tabIndex={0} role="region" aria-label="Legend">
      <table class="legend">
        <caption class="unseen">The sensors of the plot</caption>
        <thead>
          <tr>
            <th scope="col">Sensor</th>
            <th scope="col" class="figure">
              {cursor === undefined ? "Now" : timeText(cursor, zone.value, "clock")}
            </th>
            <th scope="col" class="figure">
              Minimum
            </th>
            <th scope="col" class="figure">
              Maximum
            </th>
            <th scope="col">Status</th>
            {series.length > 1 ? (
              <th scope="col">
                <span class="unseen">Remove</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {series.map((one, at) => {
            const numbers = rows[at]
            const units = one.row === undefined || one.row.units === "" ? "" : ` ${textOf(one.row.units, 20)}`
            return (
              <tr key={one.key}>
                <th scope="row">
                  <span class={`swatch ${one.isLine ? `c${line++ % 8}` : "band"}`} aria-hidden="true" />
                  <a href={href({ view: "sensor", sensors: [one.key], range: usualRange })} title={visible(one.key)}>
                    <SensorName sensor={one.key} />
                  </a>
                </th>
                <td class="figure number">
                  {numbers?.value ?? "–"}
                  <span class="dim">{units}</span>
                </td>
                <td class="figure number">{numbers?.minimum ?? "–"}</td>
                <td class="figure number">{numbers?.maximum ?? "–"}</td>
                <td>{numbers === undefined ? null : <Status code={numbers.code} />}</td>
                {series.length > 1 ? (
                  <td>
                    <button
                      type="button"
                      class="quiet icon-only"
                      title="Remove from the plot"
                      onClick={() => props.onRemove(one.key)}
                    >
                      <Icon name="close" />
                      <span class="unseen">Remove {visible(one.key)}</span>
                    </button>
                  </td>
                ) : null}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

const numbersOf = (series: PlotSeries, range: Range, cursor: number | undefined): Numbers => {
  const { from, to } = stretchOf(range)
  const until = Math.min(to, live.clock.now ?? to)
  const { history, ring, row } = series
  const source = { history, ring, from, until, width: (to - from) / 500 }
  const style = { type: row?.type ?? "", zone: zone.value }
  const time = Math.min(cursor ?? until, until)
  const runs = runsOf(source, series.isLine ? undefined : series.stateOf)
  const run = runs.findLast((run) => run.from <= time && time <= run.to)
  const code = cursor === undefined && row !== undefined && "last" in range ? row.code : (run?.code ?? -1)
  if (!series.isLine)
    return {
      value:
        cursor === undefined && row !== undefined
          ? valueText(row.value, { ...style, maxLength: 60 })
          : run?.text || statusWord(code),
      minimum: "–",
      maximum: "–",
      code
    }
  const { high, low, x, y } = lineOf(source)
  let minimum = Number.POSITIVE_INFINITY
  let maximum = Number.NEGATIVE_INFINITY
  let value: number | null = null
  for (let at = 0; at < x.length; at++) {
    if (x[at]! <= time) value = y[at] ?? null
    // a value that began before is still valid in the stretch
    if ((x[at + 1] ?? until) < from) continue
    if (low[at] !== null) minimum = Math.min(minimum, low[at]!)
    if (high[at] !== null) maximum = Math.max(maximum, high[at]!)
  }
  const text = (number: number | null) => (number === null || !Number.isFinite(number) ? "–" : valueText(number, style))
  const now = cursor === undefined && "last" in range && row !== undefined
  return {
    value: now ? valueText(row!.value, style) || "–" : text(value),
    minimum: text(minimum),
    maximum: text(maximum),
    code
  }
}
