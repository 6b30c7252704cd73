import * as Result from "effect/Result"
import { errorText } from "../../Message/index.ts"
import { type Pattern, patternOf } from "../../Site/index.ts"
import { ExportRefused } from "../errors.ts"
import type { Family } from "./families.ts"
import type { NamedMetric } from "./options.ts"

/** Metrics with individual names. */
export interface Named {
  readonly families: ReadonlyArray<Family>
  /** Returns the position of a sensor's metric in `families`, or -1. */
  readonly familyOf: (device: string, sensor: string) => number
}

const metricName = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Names with a special meaning for some kind of metric. */
const reserved = /^katcp_(?:sensor|device|site|server|export)(?:_|$)|_(?:bucket|count|sum|created|info)$/

/** Compiles rules. Fails for a malformed pattern or name, and for a name of two kinds. */
export const namedBy = (rules: ReadonlyArray<NamedMetric>): Result.Result<Named, ExportRefused> =>
  Result.gen(function* () {
    const families: Array<Family> = []
    const compiled: Array<readonly [pattern: Pattern, family: number]> = []
    for (const [at, { help, kind = "gauge", match, metric }] of rules.entries()) {
      const failed = (why: string) => Result.fail(new ExportRefused({ message: `named[${at}]: ${why}` }))
      const pattern = yield* Result.mapError(
        Result.try({ try: () => patternOf(match), catch: errorText }),
        (why) => new ExportRefused({ message: `named[${at}].match: ${why}` })
      )
      if (!metricName.test(metric))
        return yield* failed(
          `${JSON.stringify(metric)} is not a name of a metric: letters, digits and _, and no digit first`
        )
      if (reserved.test(metric) || metric.startsWith("__"))
        return yield* failed(`${metric} has a special meaning for Prometheus or for this exporter; choose another name`)
      if (kind === "gauge" && metric.endsWith("_total"))
        return yield* failed(
          `${metric}: names of gauges do not end in _total; say kind: counter, or choose another name`
        )
      const sample = kind === "counter" && !metric.endsWith("_total") ? `${metric}_total` : metric
      const base = (name: string) => name.replace(/_total$/, "")
      const known = families.findIndex((other) => base(other.sample) === base(sample))
      if (known !== -1 && families[known]!.kind !== kind)
        return yield* failed(`${metric} is a ${families[known]!.kind} in an earlier rule, and here a ${kind}`)
      if (known === -1) families.push({ sample, kind, help: help ?? `The sensors ${match}.` })
      compiled.push([pattern, known === -1 ? families.length - 1 : known])
    }
    return {
      families,
      familyOf: (device: string, sensor: string) =>
        compiled.find(([pattern]) => pattern.matches(device, sensor))?.[1] ?? -1
    }
  })
