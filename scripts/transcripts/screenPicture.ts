/** Draws the content of a terminal's screen as a picture, without a font of its own. */
import type { Cell } from "./Screen.ts"

/** The width of a character and the height of a line, in units of the picture. */
const [column, row] = [8.4, 20]
const margin = 16
/** The bar above the text, with the three buttons of a window. */
const bar = 30

/** The colours by their numbers, as dark terminals have them. */
const colours: Readonly<Record<string, string>> = {
  31: "#ff7b72",
  32: "#7ee787",
  33: "#f2cc60",
  34: "#79c0ff",
  35: "#d2a8ff",
  36: "#56d4dd",
  90: "#8b949e"
}

/** Bars of an eighth to the whole of a cell: drawn as shapes, because few fonts have them all. */
const bars = "▁▂▃▄▅▆▇█"

const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** The characters of one colour that stand together in a line, with the column of the first. */
interface Run {
  readonly from: number
  readonly colour: string | undefined
  text: string
}

/** Cuts a line into runs. Blanks separate runs: each run then begins at its own column in every font. */
const runsOf = (line: ReadonlyArray<Cell>): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  let isOpen = false
  for (const [from, { character, colour }] of line.entries()) {
    const last = runs.at(-1)
    if (character === " ") isOpen = false
    else if (isOpen && last !== undefined && last.colour === colour) last.text += character
    else runs.push({ from, colour, text: character })
    if (character !== " ") isOpen = true
  }
  return runs
}

/** Draws bars as one path, above the base line of the text. */
const barsAt = (text: string, x: number, base: number): string => {
  const path = Array.from(text, (character, at) => {
    const height = ((bars.indexOf(character) + 1) * (row - 6)) / bars.length
    return `M${(x + at * column).toFixed(1)} ${base}v-${height.toFixed(1)}h${(column - 1).toFixed(1)}v${height.toFixed(1)}z`
  })
  return `<path d="${path.join("")}"/>`
}

/**
 * Returns a picture (SVG) of a screen after a prompt with its command. `title` describes the picture for readers that do
 * not see it.
 */
export const screenPicture = (title: string, command: string, lines: ReadonlyArray<ReadonlyArray<Cell>>): string => {
  const prompt = Array.from(`$ ${command}`, (character): Cell => ({ character, colour: undefined }))
  const shown = [prompt, ...lines]
  const width = Math.ceil(Math.max(...shown.map((line) => line.length)) * column + 2 * margin)
  const height = bar + shown.length * row + margin
  const texts = shown.flatMap((line, at) =>
    runsOf(line).map(({ colour, from, text }) => {
      const x = (margin + from * column).toFixed(1)
      const y = bar + at * row + 15
      if (bars.includes(text[0]!)) return barsAt(text, margin + from * column, y)
      const fill = colour === undefined ? "" : ` fill="${colours[colour] ?? "#e6edf3"}"`
      const length = (Array.from(text).length * column).toFixed(1)
      return `<text x="${x}" y="${y}" textLength="${length}"${fill}>${escaped(text)}</text>`
    })
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t">`,
    `<title id="t">${escaped(title)}</title>`,
    "<style>text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }</style>",
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map(
      (fill, at) => `<circle cx="${margin + 4 + at * 18}" cy="15" r="5.5" fill="${fill}"/>`
    ),
    '<g fill="#e6edf3">',
    ...texts,
    "</g>",
    "</svg>",
    ""
  ].join("\n")
}
