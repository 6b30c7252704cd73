/** The motions of a simulated device's sensors. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import { Arg, type Dialect } from "../../../Codec/index.ts"
import type * as Sensor from "../../../Sensor/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"

/** Returns the next value of a sensor, this many seconds after the start. */
export type Motion = (seconds: number, before: unknown) => Effect.Effect<unknown>

const encoder = new TextEncoder()
const bad = (text: string, what: string): Result.Result<never, Failure> =>
  Result.fail(cannotRun(`--move ${JSON.stringify(text)}: ${what}`))

/** Converts a number to a value of the sensor: a whole number if required, and within the type's bounds. */
const numeric = (sensor: Sensor.Any, value: number): unknown =>
  sensor.type.sensorType === "integer" ? Math.round(value) : value

/**
 * Parses a motion: `constant VALUE`, `ramp FROM TO SECONDS` (repeated), `sine MEAN AMPLITUDE SECONDS`, `walk STEP`
 * (random steps up to this size), `script VALUE,VALUE,… [SECONDS]` (one after another, this many seconds each,
 * repeated).
 */
export const parseMotion = (
  text: string,
  sensor: Sensor.Any,
  dialect: Dialect.Dialect
): Result.Result<Motion, Failure> => {
  const [kind = "", ...words] = text.trim().split(/\s+/)
  if (kind === "constant" || kind === "script") {
    const [list = "", seconds = "1"] = words
    const values: Array<unknown> = []
    for (const word of kind === "constant" ? [words.join(" ")] : list.split(",")) {
      const bytes = encoder.encode(word)
      const value: unknown = sensor.type.decode(bytes, 0, bytes.length, dialect)
      if (value instanceof Arg.Invalid)
        return bad(text, `${JSON.stringify(word)} is not a value of ${sensor.name}: ${value.message}`)
      values.push(value)
    }
    const each = Number(seconds)
    if (kind === "script" && !(each > 0)) return bad(text, "the seconds must be more than 0")
    return Result.succeed((now) => Effect.succeed(values[Math.floor(now / each) % values.length]))
  }
  const { sensorType } = sensor.type
  if (sensorType !== "integer" && sensorType !== "float")
    return bad(text, `${sensor.name} is of type ${sensorType}: it can be constant or follow a script`)
  const numbers = words.map(Number)
  if (numbers.some((number) => !Number.isFinite(number))) return bad(text, "numbers are needed")
  const [a = Number.NaN, b = Number.NaN, c = Number.NaN] = numbers
  const give = (value: number) => Effect.succeed(numeric(sensor, value))
  switch (kind) {
    case "ramp":
      if (numbers.length !== 3 || !(c > 0)) return bad(text, "write ramp FROM TO SECONDS")
      return Result.succeed((now) => give(a + (b - a) * ((now % c) / c)))
    case "sine":
      if (numbers.length !== 3 || !(c > 0)) return bad(text, "write sine MEAN AMPLITUDE SECONDS")
      return Result.succeed((now) => give(a + b * Math.sin((2 * Math.PI * now) / c)))
    case "walk":
      if (numbers.length !== 1 || !(a > 0)) return bad(text, "write walk STEP")
      return Result.succeed((_, before) =>
        Effect.map(Random.next, (random) => numeric(sensor, Number(before) + a * (2 * random - 1)))
      )
    default:
      return bad(text, "choose constant, ramp, sine, walk or script")
  }
}
