import * as Result from "effect/Result"
import { patternOf } from "../Site/index.ts"
import { QueryRefused } from "./errors.ts"

/** Returns what tells if patterns mean a sensor; fails for a pattern that makes no sense. */
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
