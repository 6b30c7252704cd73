import * as Result from "effect/Result"
import { patternOf } from "../Site/index.ts"
import { QueryRefused } from "./errors.ts"

/** Returns a predicate for the sensors that match patterns; fails for a malformed pattern. */
export const matcherOf = (
  patterns: ReadonlyArray<string>
): Result.Result<(device: string, sensor: string) => boolean, QueryRefused> =>
  Result.try({
    try: () => {
      const compiled = patterns.map(patternOf)
      return (device: string, sensor: string) => compiled.some((pattern) => pattern.matches(device, sensor))
    },
    catch: (error) =>
      new QueryRefused({ why: "senseless", message: error instanceof Error ? error.message : String(error) })
  })
