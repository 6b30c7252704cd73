import * as Effect from "effect/Effect"
import { patternOf } from "../../Site/index.ts"
import { expression } from "../live/targets.ts"
import { BadRequest } from "./problems.ts"

/** Returns `true` for the selected sensors. */
export type Matches = (device: string, sensor: string) => boolean

/**
 * Parses the sensors of a query: `device/sensor` with globs, a device alone, or a regular expression (RE2, which takes
 * linear time). No extension has a special meaning. The answer is independent of the current devices. Without any text,
 * it means all sensors. `key` is the name of the parameter, for errors.
 */
export const matching = (
  texts: ReadonlyArray<string> | undefined,
  key = "match"
): Effect.Effect<Matches, BadRequest> =>
  texts === undefined || texts.length === 0
    ? Effect.succeed(() => true)
    : Effect.map(
        Effect.forEach(texts, (text) => one(text, key)),
        (all) => (device, sensor) => all.some((fits) => fits(device, sensor))
      )

const one = (text: string, key: string): Effect.Effect<Matches, BadRequest> =>
  text.startsWith("/")
    ? expression(text).pipe(
        Effect.map(({ matches }) => matches),
        Effect.mapError((why) => new BadRequest({ detail: `${key}: ${JSON.stringify(text.slice(0, 100))}: ${why}` }))
      )
    : Effect.succeed(patternOf(text).matches)
