import type { Row } from "../../Site/index.ts"
import { type Kind, kindOf, optionsOf, shownText } from "../value.ts"
import { sensorFamilies } from "./families.ts"
import type { Named } from "./named.ts"

/**
 * Characters of a description that are exported. Not measured: the first line or two of it, which is what one reads beside a
 * plot; each scrape carries all of them.
 */
const longestDescription = 250

/** Returns text as the value of a label, in quotes. */
export const quoted = (text: string): string =>
  `"${shownText(text).replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`

/** Returns a number as both formats write it. */
export const numberText = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return "+Inf"
  if (value === Number.NEGATIVE_INFINITY) return "-Inf"
  return Object.is(value, -0) ? "-0" : `${value}`
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * Returns the same text in one piece. What was put together of pieces is kept as a tree of them, which each scrape would walk
 * again: 10,000 sensors take 18 ms of CPU time with trees, and 11 ms without (measured).
 */
const flat = (text: string): string => decoder.decode(encoder.encode(text))

/** Returns text of at most so many characters. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, "")}…`

/** What the lines of a sensor begin with: the same as long as the sensor is there. */
export class SensorLines {
  readonly kind: Kind
  /** `{device="m000",sensor="rx.temp"} `. */
  readonly labels: string
  /** The same without its end, for more labels. */
  readonly open: string
  /** The line of its info. */
  readonly info: string
  /** Of a state set: each option, and the line of its sample without the number. */
  readonly states: ReadonlyArray<readonly [option: string, line: string]> | undefined
  /** The place of its metric among those with names of their own, or -1. */
  readonly named: number

  constructor(row: Row, options: { readonly states: number; readonly named: Named }) {
    const { definition, device, name } = row
    this.kind = kindOf(row)
    this.open = flat(`{device=${quoted(device)},sensor=${quoted(name)}`)
    this.labels = flat(`${this.open}} `)
    const units = definition.units === "" ? "" : `,units=${quoted(definition.units)}`
    const description = definition.doc === "" ? "" : `,description=${quoted(cut(definition.doc, longestDescription))}`
    const info = `type="${definition.type.sensorType}"${units}${description}`
    this.info = flat(`${sensorFamilies.info.sample}${this.open},${info}} 1\n`)
    const words = this.kind === "state" ? optionsOf(row) : []
    const { sample } = sensorFamilies.state
    this.states =
      words.length === 0 || words.length > options.states
        ? undefined
        : words.map((word) => [word, flat(`${sample}${this.open},${sample}=${quoted(word)}} `)])
    this.named = this.kind === "text" || this.kind === "state" ? -1 : options.named.familyOf(device, name)
  }
}
