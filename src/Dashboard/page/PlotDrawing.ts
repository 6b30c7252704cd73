/**
 * The plots of one layout, by uPlot: one plot of lines for sensors with numbers, and a band for each sensor with
 * states. All have the same stretch of time.
 */
import uPlot from "uplot"
import type { Range } from "../state/address.ts"
import { aligned, type Line, lineOf, type Run, runsOf, type Source } from "../state/History.ts"
import { live, zone } from "./app.ts"
import { drawStates, drawStatus } from "./drawRuns.ts"
import type { PlotSeries } from "./PlotSeries.ts"
import { axisText, rangeOf, timeLabels } from "./plotAxes.ts"
import { type Colours, faint, readColours } from "./plotColours.ts"

/** The input of the plots. */
export interface PlotProps {
  readonly series: ReadonlyArray<PlotSeries>
  readonly range: Range
  /** Called when the user selects another stretch of time. */
  readonly onRange: (from: number, to: number) => void
  /** Called with the time at the pointer, or undefined. */
  readonly onCursor: (time: number | undefined) => void
}

/** Returns the current stretch of time of a range, in seconds since 1970. */
export const stretchOf = (range: Range): { readonly from: number; readonly to: number } => {
  if ("from" in range) return range
  const now = live.clock.now ?? 0
  return { from: now - range.last, to: now }
}

/** Given by the layout: the axis of values has the same width in all plots, which aligns their times. */
export const axisWidth = 58
/** Given by the layout, in pixels. */
const lineHeight = 320
/** Given by the layout, in pixels. */
const bandHeight = 58
/** Given by the layout, in pixels: two lines of text. */
const timesHeight = 38

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)")

const unitsOf = ({ row }: PlotSeries): string => row?.units ?? ""

/** The newest input. */
export type Latest = { readonly current: PlotProps }

/** The plots of one layout. */
export class PlotDrawing {
  readonly #box: HTMLElement
  readonly #lines: ReadonlyArray<PlotSeries>
  readonly #latest: Latest
  readonly #plots: Array<{ readonly plot: uPlot; readonly update: (from: number, to: number) => void }> = []
  readonly #observer: ResizeObserver
  readonly #colours: Colours = readColours()
  /** The width of a second axis of values. */
  readonly #rightAxis: number
  #frame = 0
  #drawn = Number.NEGATIVE_INFINITY
  #shown = ""
  #runs = new Map<PlotSeries, ReadonlyArray<Run>>()

  constructor(box: HTMLElement, lines: ReadonlyArray<PlotSeries>, bands: ReadonlyArray<PlotSeries>, latest: Latest) {
    this.#box = box
    this.#lines = lines
    this.#latest = latest
    this.#rightAxis = new Set(lines.map(unitsOf)).size > 1 ? axisWidth : 0
    if (lines.length > 0) this.#plots.push(this.#linePlot(bands.length === 0))
    for (const [at, band] of bands.entries()) this.#plots.push(this.#bandPlot(band, at === bands.length - 1))
    this.#observer = new ResizeObserver(() => {
      for (const { plot } of this.#plots)
        if (box.clientWidth > 0 && plot.width !== box.clientWidth)
          plot.setSize({ width: box.clientWidth, height: plot.height })
    })
    this.#observer.observe(box)
    this.#draw()
    this.#schedule()
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#observer.disconnect()
    for (const { plot } of this.#plots) plot.destroy()
  }

  /** Draws again when the newest reading would have moved by a pixel, or after another change. */
  #schedule(): void {
    this.#frame = requestAnimationFrame((time) => {
      const { range, series } = this.#latest.current
      const shown = `${JSON.stringify(range)} ${series.map(({ history }) => history.t.length + (history.t[0] ?? 0)).join()}`
      const length = "last" in range ? range.last : Number.POSITIVE_INFINITY
      const pause = reducedMotion.matches
        ? 1000
        : Math.max(100, Math.min(1000, (1000 * length) / this.#box.clientWidth))
      if (shown !== this.#shown || ("last" in range && time - this.#drawn >= pause)) {
        this.#drawn = time
        this.#shown = shown
        this.#draw()
      }
      this.#schedule()
    })
  }

  #draw(): void {
    const { from, to } = stretchOf(this.#latest.current.range)
    if (!(to > from)) return
    this.#runs = new Map()
    for (const { update } of this.#plots) update(from, to)
  }

  #source(series: PlotSeries, from: number, to: number): Source {
    const width = (to - from) / Math.max(100, this.#box.clientWidth)
    const { history, ring } = series
    return { history, ring, from, until: Math.min(to, live.clock.now ?? to), width }
  }

  /** The common options of all plots. */
  #options(
    height: number,
    hasTimes: boolean
  ): Pick<uPlot.Options, "width" | "height" | "cursor" | "legend" | "padding" | "tzDate" | "hooks"> & {
    readonly time: uPlot.Axis
  } {
    const { font, grid, text } = this.#colours
    return {
      width: Math.max(200, this.#box.clientWidth),
      height,
      // a second axis of values is on the right
      padding: [8, 16 + (height === lineHeight ? 0 : this.#rightAxis), 0, 0],
      legend: { show: false },
      tzDate: (seconds) =>
        zone.value === "utc" ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000),
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        sync: { key: "plots" },
        focus: { prox: 24 }
      },
      hooks: {
        setSelect: [
          (plot) => {
            const { left, width } = plot.select
            if (width < 4) return
            const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]
            plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
            this.#latest.current.onRange(from, to)
          }
        ],
        setCursor: [
          (plot) => {
            const { left } = plot.cursor
            const time = left === undefined || left < 0 ? undefined : plot.posToVal(left, "x")
            this.#latest.current.onCursor(time)
          }
        ]
      },
      // the lines of the grid are drawn without the times, too
      time: hasTimes
        ? {
            size: timesHeight,
            gap: 6,
            stroke: text,
            font,
            grid: { stroke: grid, width: 1 },
            ticks: { stroke: grid, width: 1, size: 4 },
            values: timeLabels
          }
        : { size: 0, gap: 0, grid: { stroke: grid, width: 1 }, ticks: { show: false }, values: () => [] }
    }
  }

  #linePlot(hasTimes: boolean) {
    const { font, grid, series: colours, text } = this.#colours
    const { time, ...common } = this.#options(lineHeight, hasTimes)
    const units = [...new Set(this.#lines.map(unitsOf))]
    const stairs = uPlot.paths.stepped!({ align: 1 })
    const scaleOf = (series: PlotSeries) => `y${units.indexOf(unitsOf(series))}`
    const plot = new uPlot(
      {
        ...common,
        scales: {
          x: { time: true, range: (_, min, max) => [min, max] },
          ...Object.fromEntries(units.map((_, at) => [`y${at}`, { range: rangeOf }]))
        },
        series: [
          {},
          ...this.#lines.flatMap((line, at): ReadonlyArray<uPlot.Series> => {
            const stroke = colours[at % colours.length]!
            const edge: uPlot.Series = {
              scale: scaleOf(line),
              paths: stairs,
              points: { show: false },
              stroke: "transparent",
              width: 0
            }
            return [{ scale: scaleOf(line), paths: stairs, points: { show: false }, stroke, width: 1.75 }, edge, edge]
          })
        ],
        bands: this.#lines.map((_, at) => ({
          series: [3 * at + 3, 3 * at + 2] as [number, number],
          fill: faint(colours[at % colours.length]!, 0.18)
        })),
        axes: [
          time,
          ...units.slice(0, 2).map(
            (_, at): uPlot.Axis => ({
              scale: `y${at}`,
              side: at === 0 ? 3 : 1,
              size: axisWidth,
              stroke: text,
              font,
              grid: at === 0 ? { stroke: grid, width: 1 } : { show: false },
              ticks: { show: false },
              values: (_, values) => values.map(axisText)
            })
          )
        ],
        hooks: {
          ...common.hooks!,
          drawClear: [
            (plot) => {
              const count = this.#lines.length
              for (const [index, line] of this.#lines.entries())
                drawStatus(plot, this.#runs.get(line) ?? [], this.#colours, { index, count })
            }
          ]
        }
      },
      [[], ...this.#lines.flatMap(() => [[], [], []])] as never,
      this.#box
    )
    return {
      plot,
      update: (from: number, to: number) => {
        const sources = this.#lines.map((line) => this.#source(line, from, to))
        for (const [at, line] of this.#lines.entries()) this.#runs.set(line, runsOf(sources[at]!))
        const { columns, x } = aligned(sources.map((source) => within(lineOf(source), from)))
        plot.batch(() => {
          plot.setData([x, ...columns.flatMap(({ high, low, y }) => [y, low, high])] as uPlot.AlignedData, false)
          plot.setScale("x", { min: from, max: to })
        })
      }
    }
  }

  #bandPlot(band: PlotSeries, hasTimes: boolean) {
    const { time, ...common } = this.#options(hasTimes ? bandHeight + timesHeight : bandHeight, hasTimes)
    let runs: ReadonlyArray<Run> = []
    const plot = new uPlot(
      {
        ...common,
        scales: { x: { time: true, range: (_, min, max) => [min, max] }, y: { range: [0, 1] } },
        series: [{}, { points: { show: false }, stroke: "transparent" }],
        axes: [time, { size: axisWidth, values: () => [], grid: { show: false }, ticks: { show: false } }],
        hooks: { ...common.hooks!, drawClear: [(plot) => drawStates(plot, runs, this.#colours)] }
      },
      [[], []],
      this.#box
    )
    return {
      plot,
      update: (from: number, to: number) => {
        runs = runsOf(this.#source(band, from, to), band.stateOf)
        plot.batch(() => {
          plot.setData(
            [
              [from, to],
              [0, 0]
            ],
            false
          )
          plot.setScale("x", { min: from, max: to })
        })
      }
    }
  }
}

/** A line from just before a time on: parts off the screen are not drawn. */
const within = (line: Line, from: number): Line => {
  const first = line.x.findIndex((time) => time >= from) - 1
  if (first <= 0) return line
  return {
    x: line.x.slice(first),
    y: line.y.slice(first),
    low: line.low.slice(first),
    high: line.high.slice(first)
  }
}
