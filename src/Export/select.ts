import * as Result from "effect/Result"
import { errorText } from "../Message/index.ts"
import { patternOf } from "../Site/index.ts"
import { ExportRefused } from "./errors.ts"

/** Says of a sensor if it is exported. */
export type Wanted = (device: string, sensor: string) => boolean

/** Returns what tells if patterns mean a sensor. Without patterns all sensors are meant. */
export const wantedBy = (patterns: ReadonlyArray<string> | undefined): Result.Result<Wanted, ExportRefused> =>
  Result.try({
    try: () => {
      if (patterns === undefined) return () => true
      const compiled = patterns.map(patternOf)
      return (device: string, sensor: string) => compiled.some((pattern) => pattern.matches(device, sensor))
    },
    catch: (error) => new ExportRefused({ message: `sensors: ${errorText(error)}` })
  })
