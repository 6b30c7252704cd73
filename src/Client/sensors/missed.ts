import { Dialect } from "../../Codec/index.ts"
import { decodeText, didYouMean } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"

/**
 * A reading, and the definition of its sensor.
 *
 * @category models
 * @since 0.1.0
 */
export interface Seen {
  readonly definition: Sensor.Any
  readonly reading: Sensor.Reading<unknown>
}

/** Characters of a value that are shown. Not measured: a line of a terminal. */
const shown = 80

const valueText = ({ type }: Sensor.Any, value: unknown): string => {
  const sent: unknown = type.encode(value, Dialect.v5)
  const text = typeof sent === "string" ? sent : sent instanceof Uint8Array ? decodeText(sent) : String(value)
  return text.length > shown ? `${text.slice(0, shown)}…` : text
}

/**
 * Describes the wait for a reading that did not come in time: `az was not 12 within 400 ms; it was 0, nominal`. `known`
 * are names of the device's sensors, as far as they are known.
 *
 * @category text
 * @since 0.1.0
 */
export const missedText = (
  name: string,
  condition: unknown,
  timeout: number,
  last: Seen | undefined,
  known: ReadonlyArray<string>
): string => {
  const within = `within ${timeout} ms`
  if (last === undefined) {
    const missed = `no reading of ${name} was received ${within}`
    if (known.includes(name)) return missed
    return `${missed}: perhaps the device has no such sensor${didYouMean(name, known)}`
  }
  const { definition, reading } = last
  const isFunction = typeof condition === "function"
  const missed = isFunction
    ? `no reading of ${name} was accepted ${within}; the last was`
    : `${name} was not ${valueText(definition, condition)} ${within}; it was`
  return Sensor.isValid(reading.status)
    ? `${missed} ${valueText(definition, reading.value)}, ${reading.status}`
    : `${missed} ${reading.status}, without a valid value`
}
