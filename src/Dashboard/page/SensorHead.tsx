/** A sensor's name, its current value, and its definition. */
import { useEffect, useState } from "preact/hooks"
import { counted, countText, isCurrent, textOf, timeText, valueText, visible } from "../state/format.ts"
import { follow, type Row } from "../state/Sensors.ts"
import { statusWord } from "../state/status.ts"
import { connectionChanges, live, structureChanges, zone } from "./app.ts"
import { Status } from "./icons.tsx"
import type { PlotSeries } from "./PlotSeries.ts"
import { Age, SensorName } from "./text.tsx"

/** Follows the row of a series: the component is rendered again with each reading. */
const useRow = (series: PlotSeries): Row | undefined => {
  // a component without its own signal is not rendered again with its parent
  structureChanges.value
  connectionChanges.value
  const { row } = series
  const [, draw] = useState(0)
  useEffect(() => {
    if (row !== undefined) return follow(row, () => draw((count) => count + 1))
    return undefined
  }, [row])
  return row
}

/** The name of a sensor, and its current value. */
export const Headline = ({ series }: { readonly series: PlotSeries }) => {
  const row = useRow(series)
  const slash = series.key.indexOf("/")
  return (
    <header class="head sensor-head">
      <div class="sensor-title">
        <h1>
          <SensorName sensor={series.key} />
        </h1>
        <p class="dim">
          <bdi>{row === undefined ? " " : textOf(row.description, 500)}</bdi>
        </p>
      </div>
      {row === undefined ? (
        <p class="live-value dim">
          {live.settled && live.state._tag === "live"
            ? `${visible(series.key.slice(0, slash))} has no sensor of this name.`
            : "Waiting for a reading…"}
        </p>
      ) : (
        <div class={`live-value ${isCurrent(row) ? "" : "old"}`}>
          <p class="big">
            <output class="number">
              {row.value === null ? "–" : valueText(row.value, { type: row.type, zone: zone.value, maxLength: 120 })}
            </output>
            {row.units === "" ? null : <span class="units">{textOf(row.units, 40)}</span>}
          </p>
          <p class="under">
            <Status code={row.code} />
            {Number.isNaN(row.time) ? null : (
              <span class="dim">
                <Age since={row.time} />
              </span>
            )}
          </p>
        </div>
      )}
    </header>
  )
}

/** The options of a discrete sensor, or the limits of a number: nominal from and to, then warning from and to. */
const parametersText = ({ parameters, type }: Row): string => {
  const [from, to, warnFrom, warnTo, ...more] = parameters
  if (type === "discrete" || to === undefined || more.length > 0) return parameters.join(", ")
  return `nominal from ${from} to ${to}${warnTo === undefined ? "" : `, warning from ${warnFrom} to ${warnTo}`}`
}

/**
 * The longest value on the sensor's page, in characters. Measured: a text of 1 MB would take the browser 400 ms to lay
 * out.
 */
const longestValue = 4000

/** The full definition of a sensor. */
export const Definition = ({ series }: { readonly series: PlotSeries }) => {
  const row = useRow(series)
  if (row === undefined) return null
  const isText = typeof row.value === "string" || (typeof row.value === "object" && row.value !== null)
  const length = typeof row.value === "string" ? row.value.length : 0
  return (
    <section class="card definition" aria-label={`Definition of ${visible(series.key)}`}>
      <h2>
        <SensorName sensor={series.key} />
      </h2>
      <dl>
        <dt>Description</dt>
        <dd>
          <bdi>{row.description === "" ? "–" : textOf(row.description, 2000)}</bdi>
        </dd>
        <dt>Type</dt>
        <dd>{textOf(row.type, 40)}</dd>
        <dt>Units</dt>
        <dd>{row.units === "" ? "–" : textOf(row.units, 80)}</dd>
        {row.parameters.length === 0 ? null : (
          <>
            <dt>{row.type === "discrete" ? "Options" : "Limits"}</dt>
            <dd>
              <bdi>{textOf(parametersText(row), 2000)}</bdi>
            </dd>
          </>
        )}
        <dt>Status</dt>
        <dd>{statusWord(row.code)}</dd>
        <dt>Timestamp</dt>
        <dd class="number">
          {Number.isNaN(row.time)
            ? "–"
            : `${timeText(row.time, zone.value, "ms")} ${zone.value === "utc" ? "UTC" : ""}`}
        </dd>
        <dt>Value</dt>
        <dd>
          {isText ? (
            <pre class="long-text" tabIndex={0}>
              <bdi>{textOf(row.value as string, longestValue)}</bdi>
            </pre>
          ) : (
            <span class="number">{valueText(row.value, { type: row.type, zone: zone.value, exact: true }) || "–"}</span>
          )}
          {length > longestValue ? (
            <p class="dim">
              {counted(length, "character")}. The first {countText(longestValue)} are shown.
            </p>
          ) : null}
        </dd>
      </dl>
    </section>
  )
}
