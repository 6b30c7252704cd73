import type { Row, SiteDevice } from "../../Site/index.ts"
import { numberOf, shownText, textOf } from "../value.ts"
import { deviceFamilies, type Family, type Format, headOf, sensorFamilies } from "./families.ts"
import { Page } from "./Page.ts"
import { cut, numberText, quoted, type SensorLines } from "./SensorLines.ts"

/**
 * The longest exported text value, in characters. Not measured: a longer label is useless, and Prometheus keeps each of
 * them.
 */
const longestText = 1000

/** The seconds whose milliseconds fit into 64 bits. Given by Prometheus. */
const largestTime = 9.2e15

/** Options of a rendering. */
interface RenderingOptions {
  readonly format: Format
  readonly named: ReadonlyArray<Family>
  readonly text: boolean
  readonly timestamps: boolean
}

/**
 * The text of one scrape during rendering. All samples of a metric are together, so each metric has its own page, and a
 * sensor's lines go to several pages at once: its value, status and time are those of one reading.
 */
export class Rendering {
  private readonly options: RenderingOptions
  private readonly devices: ReadonlyArray<Page>
  private readonly value: Page
  private readonly status: Page
  private readonly timestamp: Page
  private readonly state: Page
  private readonly info: Page
  private readonly texts: Page
  private readonly named: ReadonlyArray<Page>

  constructor(options: RenderingOptions) {
    this.options = options
    const page = (family: Family) => new Page(headOf(family, options.format))
    this.devices = deviceFamilies.map(page)
    this.value = page(sensorFamilies.value)
    this.status = page(sensorFamilies.status)
    this.timestamp = page(sensorFamilies.timestamp)
    this.state = page(sensorFamilies.state)
    this.info = page(sensorFamilies.info)
    this.texts = options.text ? page(sensorFamilies.text) : new Page("")
    this.named = options.named.map(page)
  }

  /** Writes the lines of a device. */
  device({ health, name }: SiteDevice): void {
    const labels = `{device=${quoted(name)}} `
    for (const [at, { read, sample }] of deviceFamilies.entries()) {
      const value = read(health)
      if (value !== undefined) this.devices[at]!.text += `${sample}${labels}${numberText(value)}\n`
    }
  }

  /** Writes the lines of a sensor. */
  sensor(row: Row, lines: SensorLines): void {
    const { kind, labels, states } = lines
    const { reading } = row
    const end = this.endOf(reading?.timestamp)
    this.status.text += `${sensorFamilies.status.sample}${labels}${row.code}${end}`
    this.info.text += lines.info
    if (reading === undefined) return
    this.timestamp.text += `${sensorFamilies.timestamp.sample}${labels}${numberText(reading.timestamp)}${end}`
    if (!row.fresh || reading.latin1 === undefined) return
    if (kind === "state" || kind === "text") {
      const value = textOf(reading)
      for (const [option, line] of states ?? []) this.state.text += `${line}${option === value ? "1" : "0"}${end}`
      if (!this.options.text) return
      const label = quoted(cut(shownText(value), longestText))
      this.texts.text += `${sensorFamilies.text.sample}${lines.open},text=${label}} 1${end}`
      return
    }
    const value = numberOf(kind, reading)
    const text = numberText(value)
    this.value.text += `${sensorFamilies.value.sample}${labels}${text}${end}`
    if (lines.named === -1) return
    const family = this.options.named[lines.named]!
    // a counter is a number, and is not negative
    if (family.kind === "gauge" || value >= 0) this.named[lines.named]!.text += `${family.sample}${labels}${text}${end}`
  }

  /** Encodes the text since the last call. */
  flush(): void {
    for (const page of this.pages) page.flush()
  }

  /** Returns the whole text, in pieces. */
  end(): ReadonlyArray<Uint8Array> {
    const end = this.options.format === "openmetrics" ? [new TextEncoder().encode("# EOF\n")] : []
    return [...this.pages.flatMap(({ bytes }) => bytes), ...end]
  }

  private get pages(): ReadonlyArray<Page> {
    const { info, named, state, status, texts, timestamp, value } = this
    return [...this.devices, value, status, timestamp, state, info, texts, ...named]
  }

  /** The end of a line: the time, if configured, in milliseconds or, for OpenMetrics, seconds. */
  private endOf(timestamp: number | undefined): string {
    // a time out of the scraper's range would invalidate the whole text
    if (!this.options.timestamps || timestamp === undefined || !(Math.abs(timestamp) < largestTime)) return "\n"
    return this.options.format === "openmetrics"
      ? ` ${timestamp.toFixed(3)}\n`
      : ` ${Math.round(timestamp * 1000).toFixed(0)}\n`
  }
}
