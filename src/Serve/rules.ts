/** The rules of a site file: the mirrored sensors of its devices. */
import * as Effect from "effect/Effect"
import { Arg } from "../Codec/index.ts"
import { causeOf } from "../Message/index.ts"
import { Strategy } from "../Sampling/index.ts"
import { Selection } from "../Site/index.ts"
import { type Fault, SiteFileError } from "./file/Fault.ts"
import { longOf } from "./longOf.ts"
import type { SiteFile } from "./sections.ts"

/**
 * A rule of a site file, in the form that `--check` shows.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileRule {
  readonly device: string
  /** The pattern, as written in the file. */
  readonly match: string
  readonly strategy: Strategy.Strategy
}

/**
 * Returns the rules of all devices of a site file, in order. A device without rules has all of its sensors, with
 * `auto`, and is not in the result.
 *
 * @category devices
 * @since 0.1.0
 */
export const rulesOf = (site: Pick<SiteFile, "devices">): ReadonlyArray<FileRule> =>
  Object.entries(site.devices).flatMap(([device, section]) =>
    (longOf(section).sensors ?? []).map((rule): FileRule => {
      const { match, strategy = "auto" } = typeof rule === "string" ? { match: rule } : rule
      const parsed = Strategy.fromText(strategy)
      return { device, match, strategy: parsed instanceof Arg.Invalid ? Strategy.auto : parsed }
    })
  )

/**
 * Returns the selection of a site file. Fails if a regular expression is malformed.
 *
 * @category devices
 * @since 0.1.0
 */
export const selectionOf = (file: string, site: SiteFile): Effect.Effect<Selection.Selection, SiteFileError> =>
  Effect.suspend(() => {
    const faults: Array<Fault> = []
    const rules = rulesOf(site).map(({ device, match, strategy }): Selection.Rule => {
      try {
        return { match: Selection.within(device, match), strategy }
      } catch (cause) {
        faults.push({ path: `devices.${device}.sensors`, message: causeOf(cause) })
        return { match: device, strategy }
      }
    })
    return faults.length > 0
      ? Effect.fail(new SiteFileError({ file, faults }))
      : Effect.succeed(Selection.make([...rules, ...rest(site), "*"]))
  })

/** Rules that exclude the sensors that no rule of a device matches. */
const rest = (site: SiteFile): ReadonlyArray<Selection.Rule> =>
  Object.entries(site.devices)
    .filter(([, section]) => longOf(section).sensors !== undefined)
    .map(([device]) => ({ match: Selection.within(device, "*"), strategy: Strategy.none }))
