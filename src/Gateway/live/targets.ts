/** The targets of subscriptions, compiled. */
import * as Effect from "effect/Effect"
import { nameFilter } from "../../Sensor/index.ts"
import { patternOf } from "../../Site/index.ts"

/** The sensors of a target, including those that are added later. */
export interface LiveTarget {
  /** The target as the page wrote it. */
  readonly text: string
  /** `device/sensor`, if the target has this one only: it is looked up, never matched. */
  readonly exact: string | undefined
  /** Returns `true` if the target has the sensor. */
  readonly matches: (device: string, sensor: string) => boolean
}

/**
 * The instructions of the largest regular expression of a page: each new sensor is matched against all of them.
 * Measured: ordinary expressions have 10 to 30.
 */
const largestExpression = 200

/** A device, or a glob over devices. */
const devices = /^[A-Za-z*?][A-Za-z0-9*?-]*$/

/**
 * Compiles a target. Regular expressions are those of RE2, so matching takes linear time for any input of a page. Fails
 * with the fault, for people.
 */
export const liveTarget = (text: string): Effect.Effect<LiveTarget, string> => {
  if (text.startsWith("/")) return expression(text)
  const slash = text.indexOf("/")
  const device = slash === -1 ? text : text.slice(0, slash)
  if (!devices.test(device))
    return Effect.fail(
      text === ""
        ? "it is empty; write device/sensor, with * and ? for any text"
        : `${JSON.stringify(device)} is not a device or a glob over devices; for sensors of all devices write */${text}`
    )
  if (slash === text.length - 1) return Effect.fail(`name the sensors; write ${device}/*`)
  const { exact, matches } = patternOf(text)
  return Effect.succeed({
    text,
    exact: exact === undefined || /[*?]/.test(device) ? undefined : `${device}/${exact}`,
    matches
  })
}

/**
 * Compiles a regular expression over `device/sensor`, which begins with `/`. Fails with the fault, for people. It must
 * be one of RE2, and small, because strangers write it and it is matched against every sensor.
 */
export const expression = (text: string): Effect.Effect<LiveTarget, string> =>
  Effect.matchEffect(nameFilter(text.endsWith("/") && text.length > 1 ? text : `${text}/`), {
    onFailure: ({ detail }) => Effect.fail(`it is not a regular expression: ${detail}`),
    onSuccess: (filter) => {
      if (filter._tag === "Name") return Effect.fail('"/" is no regular expression over device/sensor; write /temp/')
      if (filter.cost > largestExpression)
        return Effect.fail("it is too large; write several targets, or the names of the sensors")
      return Effect.succeed({
        text,
        exact: undefined,
        matches: (device, sensor) => filter.matches(`${device}/${sensor}`)
      })
    }
  })
