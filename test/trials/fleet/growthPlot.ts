/** A measurement of a fleet of a size. */
export interface Point {
  readonly devices: number
  /** CPU of each runner, in cores. */
  readonly cores: ReadonlyArray<number>
  readonly sum: number
  /** CPU of the farm of fakes, in cores. */
  readonly farm: number
}

const width = 640
const height = 360
const left = 56
const right = 150
const top = 20
const bottom = 46

/** Draws CPU over the number of devices, as SVG. The axis of devices is logarithmic. */
export const growthPlot = (points: ReadonlyArray<Point>, cores: number): string => {
  const first = points[0]?.devices ?? 1
  const last = Math.max(first * 2, points.at(-1)?.devices ?? 1)
  const x = (devices: number): number =>
    left + ((width - left - right) * Math.log(devices / first)) / Math.log(last / first)
  const y = (value: number): number => height - bottom - ((height - top - bottom) * value) / cores
  const at = (value: number): string => value.toFixed(1)
  const line = (of: (point: Point) => number, colour: string, label: string, dash = ""): string => {
    const path = points.map((point) => `${at(x(point.devices))},${at(y(of(point)))}`).join(" ")
    const end = points.at(-1)
    const dots = points
      .map((point) => `<circle cx="${at(x(point.devices))}" cy="${at(y(of(point)))}" r="3" fill="${colour}"/>`)
      .join("")
    const name =
      end === undefined
        ? ""
        : `<text x="${at(x(end.devices) + 8)}" y="${at(y(of(end)) + 4)}" fill="${colour}">${label}</text>`
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${dots}${name}`
  }
  const grid = Array.from({ length: cores * 2 + 1 }, (_, index) => index / 2)
    .map(
      (value) =>
        `<line x1="${left}" x2="${width - right}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#8884"/><text x="${left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${value}</text>`
    )
    .join("")
  const ticks = points
    .map(
      ({ devices }) => `<text x="${at(x(devices))}" y="${height - bottom + 18}" text-anchor="middle">${devices}</text>`
    )
    .join("")
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#777">
<title>CPU of a fleet of three runners by the number of devices</title>
${grid}${ticks}
<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">devices, each with 50 sensors once a second</text>
<text x="14" y="${height / 2}" transform="rotate(-90 14 ${height / 2})" text-anchor="middle">CPU, cores</text>
${line((point) => point.sum + point.farm, "#b36b00", "with the fakes", ' stroke-dasharray="5 4"')}
${line((point) => point.sum, "#1f6fb2", "three runners")}
${line((point) => Math.max(...point.cores), "#2b8a3e", "busiest runner")}
</svg>
`
}
