/**
 * Values of readings in the form for exporters. Numbers are read from the received bytes, without an object for each.
 */
import type { WireReading } from "../Client/index.ts"
import { fromLatin1 } from "../Codec/index.ts"
import { decodeText, showByte } from "../Message/index.ts"
import type { Row } from "../Site/index.ts"

/** The kind of a value, for a store of metrics. */
export type Kind = "float" | "integer" | "boolean" | "timestamp" | "state" | "text"

/**
 * Returns the kind of a sensor's values. A state is one of few words: the options of a discrete sensor, or of an lru.
 */
export const kindOf = ({ definition }: Row): Kind => {
  const type = definition.type.sensorType
  switch (type) {
    case "float":
    case "integer":
    case "boolean":
    case "timestamp":
      return type
    case "discrete":
    case "lru":
      return "state"
    default:
      return "text"
  }
}

/** The words of a sensor of type lru. */
const lru: ReadonlyArray<string> = ["nominal", "error"]

/** Returns the options of a sensor whose values are states. */
export const optionsOf = ({ definition }: Row): ReadonlyArray<string> =>
  definition.type.sensorType === "lru" ? lru : definition.parameters

/** Returns the number of a reading with a value: a double, so integers beyond 2^53 are rounded. */
export const numberOf = (kind: Kind, reading: WireReading): number => {
  const latin1 = reading.latin1!
  switch (kind) {
    case "float":
    case "integer": {
      const number = Number(latin1)
      // values that C reads and JavaScript does not: inf, nan
      return Number.isNaN(number) || latin1 === "" ? Number(reading.value) : number
    }
    case "boolean":
      return latin1 === "1" ? 1 : 0
    default:
      return Number(reading.value)
  }
}

const ascii = /^[\x00-\x7f]*$/

/** Returns the text of a reading with a value; bytes that are not UTF-8 are lone surrogates. */
export const textOf = (reading: WireReading): string => {
  const latin1 = reading.latin1!
  return ascii.test(latin1) ? latin1 : decodeText(fromLatin1(latin1))
}

/** Returns text in UTF-8: other bytes are shown as `\xff`. */
export const shownText = (text: string): string =>
  text.isWellFormed() ? text : text.replace(/[\udc80-\udcff]/g, showByte).toWellFormed()
