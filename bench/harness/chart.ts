/** A chart of measurements as SVG: both axes logarithmic, one line for each series, readable in light and dark. */

interface Series {
  readonly name: string
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

export interface Chart {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: ReadonlyArray<Series>
}

const width = 640
const height = 320
const left = 70
const right = 130
const top = 34
const bottom = 44
const colours = ["#0b63ce", "#c77700", "#888888", "#2e8b57"]

const style = `
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .grid { stroke: #ddd; stroke-width: 1 } .line { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } .grid { stroke: #444 } }`

/** `1`, `10`, `1k`, `2M`. */
const short = (value: number): string =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : String(Number(value.toPrecision(3)))

/** The powers of ten from the one below the least to the one above the most. */
const decades = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const from = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return Array.from({ length: to - from + 1 }, (_, at) => Number(`1e${from + at}`))
}

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;")
const rounded = (value: number): number => Math.round(value * 10) / 10

/** Draws a chart. Points that are not above zero are left out. */
export const chart = ({ series, title, x, y }: Chart): string => {
  const drawn = series.map(({ name, points }) => ({
    name,
    points: points.filter(([at, value]) => at > 0 && value > 0)
  }))
  const all = drawn.flatMap(({ points }) => points)
  const across = decades(all.map(([at]) => at))
  const up = decades(all.map(([, value]) => value))
  const place = (value: number, ticks: ReadonlyArray<number>, from: number, to: number) => {
    const [first, last] = [Math.log10(ticks[0]!), Math.log10(ticks.at(-1)!)]
    return rounded(from + ((to - from) * (Math.log10(value) - first)) / (last - first))
  }
  const px = (value: number) => place(value, across, left, width - right)
  const py = (value: number) => place(value, up, height - bottom, top)
  const ends: Array<number> = []
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t">`,
    `<title id="t">${escaped(title)}</title>`,
    `<style>${style}\n</style>`,
    `<text x="${left}" y="16">${escaped(y)}</text>`,
    `<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${escaped(x)}</text>`,
    ...across.flatMap((tick) => [
      `<line class="grid" x1="${px(tick)}" y1="${top}" x2="${px(tick)}" y2="${height - bottom}"/>`,
      `<text x="${px(tick)}" y="${height - bottom + 16}" text-anchor="middle">${short(tick)}</text>`
    ]),
    ...up.flatMap((tick) => [
      `<line class="grid" x1="${left}" y1="${py(tick)}" x2="${width - right}" y2="${py(tick)}"/>`,
      `<text x="${left - 6}" y="${py(tick) + 4}" text-anchor="end">${short(tick)}</text>`
    ]),
    ...drawn.flatMap(({ name, points }, index) => {
      const colour = colours[index % colours.length]
      const [lastX, lastY] = points.at(-1) ?? [0, 0]
      // names that would overlap move down
      let at = points.length === 0 ? top : py(lastY) + 4
      while (ends.some((other) => Math.abs(other - at) < 14)) at += 14
      ends.push(at)
      return [
        `<path class="line" stroke="${colour}" d="${points.map(([a, b], n) => `${n === 0 ? "M" : "L"}${px(a)} ${py(b)}`).join(" ")}"/>`,
        ...points.map(([a, b]) => `<circle cx="${px(a)}" cy="${py(b)}" r="3" fill="${colour}"/>`),
        ...(points.length === 0
          ? []
          : [`<text x="${px(lastX) + 8}" y="${at}" fill="${colour}">${escaped(name)}</text>`])
      ]
    }),
    "</svg>",
    ""
  ].join("\n")
}
