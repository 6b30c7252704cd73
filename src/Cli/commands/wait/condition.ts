import * as Result from "effect/Result"
import { Arg, Dialect } from "../../../Codec/index.ts"
import * as Sensor from "../../../Sensor/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"

/** A condition on a sensor. */
export interface Condition {
  /** In words: `> 5`, `status nominal or warn`. */
  readonly text: string
  readonly holds: (reading: Sensor.Reading<unknown>) => boolean
}

const encoder = new TextEncoder()
const ordered = ["<", "<=", ">", ">="]

/**
 * Parses a condition: `stow`, `= stow`, `!= stow`, `> 5`, `status nominal,warn`, `status != error`. Several values mean
 * any of them, and `\\,` is a comma in a value. An empty condition is the status `nominal`. A value fulfils a condition
 * only if its status is valid.
 */
export const parseCondition = (text: string, sensor: Sensor.Any): Result.Result<Condition, Failure> => {
  const [, subject, operator = "=", list = ""] =
    /^\s*(status\b|value\b)?\s*(==|=|!=|<=|>=|<|>)?\s*(.*?)\s*$/s.exec(text) ?? []
  if (text.trim() === "") return statuses("=", "nominal")
  const plain = operator === "==" ? "=" : operator
  if (subject === "status") return statuses(plain, list)
  return values(plain, list, sensor)
}

const statuses = (operator: string, list: string): Result.Result<Condition, Failure> => {
  const names = list.split(",").map((name) => name.trim())
  const bad = names.find((name) => !Sensor.isStatus(name))
  if (bad !== undefined) return fault(`${JSON.stringify(bad)} is not a status: use ${Sensor.statuses.join(", ")}`)
  if (operator !== "=" && operator !== "!=")
    return fault(`statuses can be compared with = and !=, not with ${operator}`)
  return Result.succeed({
    text: `${operator === "=" ? "status" : "status other than"} ${names.join(" or ")}`,
    holds: ({ status }) => names.includes(status) === (operator === "=")
  })
}

const values = (operator: string, list: string, sensor: Sensor.Any): Result.Result<Condition, Failure> => {
  const isOrder = ordered.includes(operator)
  const wanted: Array<unknown> = []
  for (const word of isOrder ? [list] : wordsOf(list, sensor)) {
    const bytes = encoder.encode(word)
    const value: unknown = sensor.type.decode(bytes, 0, bytes.length, Dialect.v5)
    if (value instanceof Arg.Invalid)
      return fault(`${JSON.stringify(word)} is not a value of ${sensor.name}: ${value.message}`)
    wanted.push(value)
  }
  const [bound] = wanted
  if (isOrder && typeof bound !== "number" && typeof bound !== "bigint")
    return fault(
      `${sensor.name} is of type ${sensor.type.sensorType}: only numbers and times can be compared with ${operator}`
    )
  const compare = (value: number | bigint): boolean => {
    const limit = bound as number | bigint
    if (operator === "<") return value < limit
    if (operator === "<=") return value <= limit
    return operator === ">" ? value > limit : value >= limit
  }
  return Result.succeed({
    text: `${operator} ${list}`,
    holds: ({ status, value }) => {
      if (!Sensor.isValid(status)) return false
      if (isOrder) return compare(value as number | bigint)
      return wanted.some((one) => sensor.equals(one, value)) === (operator === "=")
    }
  })
}

/** Returns the values of a list. An option of the sensor may have commas; otherwise `\\,` is a comma in a value. */
const wordsOf = (list: string, { type }: Sensor.Any): ReadonlyArray<string> => {
  const bytes = encoder.encode(list)
  const isOption =
    type.sensorType === "discrete" && !(type.decode(bytes, 0, bytes.length, Dialect.v5) instanceof Arg.Invalid)
  return isOption ? [list] : list.split(/(?<!\\),/).map((part) => part.trim().replaceAll("\\,", ","))
}

const fault = (message: string): Result.Result<never, Failure> => Result.fail(cannotRun(message))
