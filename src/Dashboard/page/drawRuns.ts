/** Draws stretches of time in a plot: the status behind a line, the states of a discrete sensor. */
import type uPlot from "uplot"
import type { Run } from "../state/History.ts"
import { isFresh, statusWord } from "../state/status.ts"
import { type Colours, faint } from "./plotColours.ts"

/** Draws oblique lines, which mark a time without readings. No status has them. */
const hatch = (
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: string
) => {
  context.save()
  context.beginPath()
  context.rect(x, y, width, height)
  context.clip()
  context.strokeStyle = colour
  context.lineWidth = devicePixelRatio
  context.beginPath()
  const step = 7 * devicePixelRatio
  for (let at = x - height - ((x - height) % step); at < x + width; at += step) {
    context.moveTo(at, y + height)
    context.lineTo(at + height, y)
  }
  context.stroke()
  context.restore()
}

/** Draws stretches that are not nominal behind a line. `lane` is the strip of the sensor, if there are several. */
export const drawStatus = (
  plot: uPlot,
  runs: ReadonlyArray<Run>,
  colours: Colours,
  lane: { readonly index: number; readonly count: number }
): void => {
  const { bbox, ctx: context } = plot
  const strip = 5 * devicePixelRatio
  const [top, height] =
    lane.count === 1
      ? [bbox.top, bbox.height]
      : [bbox.top + bbox.height - strip * (lane.count - lane.index), strip - devicePixelRatio]
  for (const run of runs) {
    if (run.code === 1 || run.code < 0) continue
    const [x, width] = span(plot, run)
    if (width <= 0) continue
    const colour = colours.status[run.code]!
    if (isFresh(run.code) || run.code === 4) {
      context.fillStyle = faint(colour, lane.count === 1 ? 0.16 : 0.8)
      context.fillRect(x, top, width, height)
      if (lane.count === 1) {
        context.fillStyle = colour
        context.fillRect(x, top, width, 2 * devicePixelRatio)
      }
    } else hatch(context, x, top, width, height, faint(colour, 0.55))
    if (lane.count === 1)
      label(
        context,
        isFresh(run.code) ? statusWord(run.code) : run.text || statusWord(run.code),
        x,
        top,
        width,
        colours,
        colour
      )
  }
}

/** The position of a run on the canvas: at least a pixel, to show short ones. */
const span = (plot: uPlot, { from, to }: Run): readonly [x: number, width: number] => {
  const { left, width } = plot.bbox
  const begin = Math.max(left, plot.valToPos(from, "x", true))
  const end = Math.min(left + width, plot.valToPos(to, "x", true))
  if (end < left || begin > left + width) return [0, 0]
  return [begin, Math.max(devicePixelRatio, end - begin)]
}

/** Writes a word at the top of a stretch, if there is room. */
const label = (
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  top: number,
  width: number,
  colours: Colours,
  colour: string
) => {
  context.font = colours.font.replace("12px", `${11 * devicePixelRatio}px`)
  const needed = context.measureText(text).width
  const space = 6 * devicePixelRatio
  if (needed + 2 * space > width) return
  context.textAlign = "left"
  context.textBaseline = "top"
  context.fillStyle = faint(colours.surface, 0.8)
  context.fillRect(x + space / 2, top + 5 * devicePixelRatio, needed + space, 15 * devicePixelRatio)
  context.fillStyle = colour
  context.fillText(text, x + space, top + 7 * devicePixelRatio)
}

/** Draws the states of a sensor as bands with their names. */
export const drawStates = (plot: uPlot, runs: ReadonlyArray<Run>, colours: Colours): void => {
  const { bbox, ctx: context } = plot
  const known = [...new Set(runs.map(({ text }) => text))].sort()
  const gap = devicePixelRatio
  for (const run of runs) {
    const [x, width] = span(plot, run)
    if (width <= 0) continue
    if (!isFresh(run.code)) {
      hatch(context, x, bbox.top, width, bbox.height, faint(colours.status[Math.max(0, run.code)]!, 0.55))
      write(context, run.text || statusWord(run.code), x, bbox, width, colours.text, colours)
      continue
    }
    const colour = colours.series[known.indexOf(run.text) % colours.series.length]!
    context.fillStyle = faint(colour, 0.22)
    context.fillRect(x, bbox.top, Math.max(width - gap, gap), bbox.height)
    // an edge needs room: states of a few pixels would be only edges
    if (width > 12 * devicePixelRatio) {
      context.fillStyle = colour
      context.fillRect(x, bbox.top, 2 * devicePixelRatio, bbox.height)
    }
    if (run.code !== 1) {
      context.fillStyle = colours.status[run.code]!
      context.fillRect(x, bbox.top + bbox.height - 4 * devicePixelRatio, width, 4 * devicePixelRatio)
    }
    write(context, run.text, x, bbox, width, colours.text, colours)
  }
}

/** Writes the name of a state in its band, cut to its width. */
const write = (
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  { height, top }: uPlot.BBox,
  width: number,
  colour: string,
  { font }: Colours
) => {
  const space = 6 * devicePixelRatio
  if (width < 3 * space) return
  context.save()
  context.beginPath()
  context.rect(x, top, width - space / 2, height)
  context.clip()
  context.font = font.replace("12px", `${12 * devicePixelRatio}px`)
  context.textAlign = "left"
  context.textBaseline = "middle"
  context.fillStyle = colour
  context.fillText(text, x + space, top + height / 2)
  context.restore()
}
