/** The colours of plots, read from the style sheet, because a canvas cannot use it. */

/** The colours of a plot. */
export interface Colours {
  readonly text: string
  readonly grid: string
  readonly series: ReadonlyArray<string>
  /** By status code. */
  readonly status: ReadonlyArray<string>
  readonly surface: string
  readonly font: string
}

/** Reads the current colours. */
export const readColours = (): Colours => {
  const style = getComputedStyle(document.documentElement)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return {
    text: read("--muted"),
    grid: read("--line"),
    surface: read("--surface"),
    series: Array.from({ length: 8 }, (_, at) => read(`--series-${at}`)),
    status: Array.from({ length: 7 }, (_, code) => read(`--status-${code}`)),
    font: `12px ${read("--font")}`
  }
}

/** Returns a transparent colour. `alpha` from 0 to 1. */
export const faint = (colour: string, alpha: number): string =>
  colour.startsWith("#")
    ? `${colour.slice(0, 7)}${Math.round(alpha * 255)
        .toString(16)
        .padStart(2, "0")}`
    : colour
