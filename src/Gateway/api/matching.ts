import * as Effect from "effect/Effect"
import { patternOf, Target } from "../../Site/index.ts"
import { BadRequest } from "./problems.ts"

/** Returns `true` for the sensors that are meant. */
export type Matches = (device: string, sensor: string) => boolean

/**
 * Reads what a query says of sensors: `device/sensor` with globs, a device alone, or a regular expression (RE2, so that it takes
 * linear time). It is independent of the devices that there are now. Without any, all are meant.
 */
export const matching = (texts: ReadonlyArray<string> | undefined): Effect.Effect<Matches, BadRequest> =>
  texts === undefined || texts.length === 0
    ? Effect.succeed(() => true)
    : Effect.map(Effect.forEach(texts, one), (all) => (device, sensor) => all.some((fits) => fits(device, sensor)))

const one = (text: string): Effect.Effect<Matches, BadRequest> => {
  if (!text.startsWith("/")) return Effect.succeed(patternOf(text).matches)
  return Effect.fromResult(Target.parseWord(text, {}, false)).pipe(
    Effect.flatMap(Target.compile),
    Effect.mapError(({ message }) => new BadRequest({ detail: `match: ${message}` }))
  )
}
