/** One sensor, or several in one plot. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import type { Address, Range } from "../state/address.ts"
import { counted } from "../state/format.ts"
import { noHistory } from "../state/History.ts"
import { AddSensor } from "./AddSensor.tsx"
import { ApiError, csvPath, historyOf } from "./api.ts"
import { connectionChanges, go, live, structureChanges } from "./app.ts"
import { Interruptions } from "./Interruptions.tsx"
import { Icon } from "./icons.tsx"
import { Legend } from "./Legend.tsx"
import { Plot } from "./Plot.tsx"
import { stretchOf } from "./PlotDrawing.ts"
import { PlotSeries } from "./PlotSeries.ts"
import { Definition, Headline } from "./SensorHead.tsx"
import { useFollowed } from "./useAll.ts"

type SensorAddress = Extract<Address, { view: "sensor" }>

const ranges: ReadonlyArray<readonly [seconds: number, text: string]> = [
  [60, "1 min"],
  [600, "10 min"],
  [3600, "1 h"],
  [21_600, "6 h"],
  [86_400, "1 d"],
  [604_800, "7 d"]
]

/**
 * The shortest and the longest stretch of a plot, in seconds. Given by the readings: below a second there is nothing to
 * see.
 */
const [shortest, longest] = [1, 366 * 86_400]

/** The view of sensors in a plot. */
export const SensorView = ({ address }: { readonly address: SensorAddress }) => {
  const { range, sensors } = address
  useFollowed(useMemo(() => new Set(sensors), [String(sensors)]))
  structureChanges.value
  const series = useSeries(sensors)
  const history = useHistory(series, range)
  const [cursor, setCursor] = useState<number>()
  // a row may come after the first drawing, and only then the plot knows if it has numbers
  for (const one of series) one.row

  const setRange = (to: Range, replace = false) => go({ ...address, range: to }, replace)
  const zoom = (factor: number, by = 0) => {
    const { from, to } = stretchOf(range)
    const length = Math.max(shortest, Math.min(longest, (to - from) * factor))
    const middle = (from + to) / 2 + by * (to - from)
    if ("last" in range && by === 0) setRange({ last: Math.max(1, Math.round(length)) })
    else setRange(rounded(middle - length / 2, middle + length / 2))
  }
  const present = () => {
    const { from, to } = stretchOf(range)
    setRange({ last: Math.max(1, Math.round(to - from)) })
  }
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const action: Record<string, () => void> = {
      ArrowLeft: () => zoom(1, -0.25),
      ArrowRight: () => zoom(1, 0.25),
      "+": () => zoom(0.5),
      "=": () => zoom(0.5),
      "-": () => zoom(2),
      Home: present,
      "0": present
    }
    const act = action[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  const [first] = series
  return (
    <div class="view sensor-view">
      {series.length === 1 ? (
        <Headline series={first!} />
      ) : (
        <header class="head">
          <h1>{counted(series.length, "sensor")}</h1>
        </header>
      )}
      <section class="card plot-card" aria-label="Plot">
        <div class="plot-tools">
          <div class="segments" role="group" aria-label="Time range">
            {ranges.map(([seconds, text]) => (
              <button
                key={seconds}
                type="button"
                aria-pressed={"last" in range && range.last === seconds}
                onClick={() => setRange({ last: seconds })}
              >
                {text}
              </button>
            ))}
          </div>
          <div class="segments" role="group" aria-label="Move and zoom">
            <IconButton icon="left" title="Earlier" onClick={() => zoom(1, -0.5)} />
            <IconButton icon="minus" title="Zoom out" onClick={() => zoom(2)} />
            <IconButton icon="plus" title="Zoom in" onClick={() => zoom(0.5)} />
            <IconButton icon="right" title="Later" onClick={() => zoom(1, 0.5)} disabled={"last" in range} />
          </div>
          <button type="button" class="button" aria-pressed={"last" in range} onClick={present}>
            Live
          </button>
          <span class="grow" />
          <a
            class="button"
            href={csvPath(sensors, stretchOf(range))}
            title="Download every reading in this time range"
            download
          >
            <Icon name="download" />
            CSV
          </a>
        </div>
        <div
          class="plot-area"
          role="application"
          aria-label={`Plot of ${counted(series.length, "sensor")}. Left and right move in time, plus and minus zoom, Home returns to the present. The tables below have the numbers.`}
          tabIndex={0}
          onKeyDown={press}
        >
          <Plot
            series={series}
            range={range}
            onRange={(from, to) => setRange(rounded(from, to))}
            onCursor={setCursor}
          />
        </div>
        {history === undefined ? null : (
          <p class="note" role="status">
            {history}
          </p>
        )}
        <Legend series={series} cursor={cursor} range={range} onRemove={remove(address)} />
        <AddSensor taken={sensors} onAdd={(sensor) => go({ ...address, sensors: [...sensors, sensor] })} />
      </section>
      <Interruptions series={series} range={range} />
      {series.map((one) => (
        <Definition key={one.key} series={one} />
      ))}
    </div>
  )
}

/** Returns a stretch of time in whole milliseconds. */
const rounded = (from: number, to: number): Range => ({
  from: Math.round(from * 1000) / 1000,
  to: Math.round(to * 1000) / 1000
})

const remove = (address: SensorAddress) => (sensor: string) =>
  go({ ...address, sensors: address.sensors.filter((other) => other !== sensor) })

const IconButton = (props: {
  readonly icon: Parameters<typeof Icon>[0]["name"]
  readonly title: string
  readonly onClick: () => void
  readonly disabled?: boolean
}) => (
  <button
    type="button"
    class="icon-only"
    title={props.title}
    onClick={props.onClick}
    disabled={props.disabled ?? false}
  >
    <Icon name={props.icon} />
    <span class="unseen">{props.title}</span>
  </button>
)

/** The series of the sensors: a series that stays in the plot keeps its readings. */
const useSeries = (sensors: ReadonlyArray<string>): ReadonlyArray<PlotSeries> => {
  const known = useRef(new Map<string, PlotSeries>())
  const series = sensors.map((sensor) => {
    const found = known.current.get(sensor) ?? new PlotSeries(sensor)
    known.current.set(sensor, found)
    return found
  })
  for (const [sensor, one] of known.current)
    if (!sensors.includes(sensor)) {
      one.dispose()
      known.current.delete(sensor)
    }
  useEffect(
    () => () => {
      for (const one of known.current.values()) one.dispose()
    },
    []
  )
  return series
}

/** The number of requested points. Given by screens: a pixel each, of a wide one. */
const points = 1000
/**
 * The shortest and longest interval of requesting the same history while the plot follows the present, in seconds. Not
 * measured: the archive is a second late.
 */
const [oftenest, seldomest] = [3, 300]

/** Loads the history of the series. Returns the reason if there is no history. */
const useHistory = (series: ReadonlyArray<PlotSeries>, range: Range): string | undefined => {
  const [problem, setProblem] = useState<string>()
  const isLive = connectionChanges.value >= 0 && live.state._tag === "live"
  const keys = series.map(({ key }) => key)
  useEffect(() => {
    if (!isLive) return
    const ended = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (wait: number) => {
      const { from, to } = stretchOf(range)
      try {
        const found = await historyOf(keys, { from, to, points, signal: ended.signal })
        for (const one of series) one.history = found.get(one.key) ?? noHistory
        setProblem(undefined)
      } catch (error) {
        if (ended.signal.aborted) return
        setProblem(error instanceof ApiError ? `History is unavailable: ${error.message}.` : "History is unavailable.")
        // there is no archive: the answer will stay the same
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) return
      }
      if ("last" in range)
        timer = setTimeout(() => ask(Math.max(oftenest, Math.min(seldomest, range.last / 20))), wait * 1000)
    }
    void ask(oftenest)
    return () => {
      ended.abort()
      clearTimeout(timer)
    }
  }, [String(keys), JSON.stringify(range), isLive])
  return problem
}
