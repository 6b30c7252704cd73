import { type ArgumentValue, formatFloat } from "../Message/index.ts"

/** The arguments of plain values; the text of what is wrong where one is none, as can happen without types. */
export const toArguments = (values: ReadonlyArray<ArgumentValue>): ReadonlyArray<string | Uint8Array> | string => {
  for (let at = 0; at < values.length; at++) {
    if (typeof values[at] !== "string") return converted(values)
  }
  return values as ReadonlyArray<string>
}

const converted = (values: ReadonlyArray<ArgumentValue>): ReadonlyArray<string | Uint8Array> | string => {
  const all: Array<string | Uint8Array> = []
  for (const [at, value] of values.entries()) {
    switch (typeof value) {
      case "string":
        all.push(value)
        break
      case "number":
        all.push(Number.isInteger(value) ? BigInt(value).toString() : formatFloat(value))
        break
      case "bigint":
        all.push(value.toString())
        break
      case "boolean":
        all.push(value ? "1" : "0")
        break
      default:
        if (!(value instanceof Uint8Array)) return `argument ${at + 1} is neither text, number, boolean nor bytes`
        all.push(value)
    }
  }
  return all
}
