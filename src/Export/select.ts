import * as Result from "effect/Result"
import { errorText } from "../Message/index.ts"
import { patternOf } from "../Site/index.ts"
import { ExportRefused } from "./errors.ts"

/** Returns `true` for an exported sensor. */
export type Wanted = (device: string, sensor: string) => boolean

/** Returns a predicate for the sensors that match patterns. Without patterns it selects all sensors. */
export const wantedBy = (patterns: ReadonlyArray<string> | undefined): Result.Result<Wanted, ExportRefused> =>
  Result.try({
    try: () => {
      if (patterns === undefined) return () => true
      const compiled = patterns.map(patternOf)
      return (device: string, sensor: string) => compiled.some((pattern) => pattern.matches(device, sensor))
    },
    catch: (error) => new ExportRefused({ message: `sensors: ${errorText(error)}` })
  })
