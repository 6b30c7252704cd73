import { type ArgumentValue, plainArgument } from "../../Message/index.ts"

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
    const argument = plainArgument(value)
    if (argument === undefined) return `argument ${at + 1} is neither text, number, boolean nor bytes`
    all.push(argument)
  }
  return all
}
