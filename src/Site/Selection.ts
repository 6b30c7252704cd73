/**
 * Selections: the sensors that a site mirrors, and their sampling strategies.
 *
 * @since 0.1.0
 */
import { expectOptions } from "../Message/index.ts"
import { Strategy } from "../Sampling/index.ts"
import { namesOf, type Pattern, patternOf } from "./Pattern.ts"

/**
 * A rule of a selection. The first rule whose pattern matches a sensor decides.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule {
  /**
   * The sensors: `device/sensor` with globs, or a regular expression over it (text that begins with `/`, or a RegExp);
   * or a pattern, such as that of {@link within}.
   */
  readonly match: string | RegExp | Pattern
  /** Their strategy. Default `auto`. With `none` the site excludes them. */
  readonly strategy?: Strategy.Strategy | undefined
}

/**
 * The sensors that a site mirrors, and their strategies. The first matching rule decides. A sensor that no rule matches
 * is excluded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Selection {
  /** The rules, in order. */
  readonly rules: ReadonlyArray<Rule>
  /** Returns the index of the rule that decides on a sensor, or -1. */
  readonly ruleOf: (device: string, sensor: string) => number
  /** Returns the strategy of a sensor; undefined if the sensor is excluded. */
  readonly strategyOf: (device: string, sensor: string) => Strategy.Strategy | undefined
  /** The possible strategies of the sensors of a device, without duplicates. */
  readonly strategiesFor: (device: string) => ReadonlyArray<Strategy.Strategy>
}

interface Compiled {
  readonly pattern: Pattern
  readonly strategy: Strategy.Strategy
}

/**
 * Makes a selection from rules: patterns alone, or with strategies. Throws a `TypeError` for a malformed pattern, with
 * the number of its rule.
 *
 * @example
 * ```ts
 * import { Sampling } from "katcp"
 * import { Selection } from "katcp/Site"
 *
 * export const selection = Selection.make([
 *   { match: "m000/debug.*", strategy: Sampling.Strategy.none },
 *   { match: "*\/wind.*", strategy: Sampling.Strategy.eventRate("100 millis", "5 seconds") },
 *   "m0*"
 * ])
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (rules: ReadonlyArray<Rule | string | RegExp>): Selection => {
  const all = rules.map(
    (rule): Rule => (typeof rule === "string" || rule instanceof RegExp ? { match: rule } : checked(rule))
  )
  const compiled = all.map(({ match, strategy = Strategy.auto }, index): Compiled => {
    try {
      return { pattern: typeof match === "string" || match instanceof RegExp ? patternOf(match) : match, strategy }
    } catch (error) {
      throw new TypeError(`rule ${index + 1} of the selection: ${error instanceof Error ? error.message : error}`)
    }
  })
  const ruleOf = (device: string, sensor: string) =>
    compiled.findIndex(({ pattern }) => pattern.matches(device, sensor))
  return {
    rules: all,
    ruleOf,
    strategyOf: (device, sensor) => {
      const rule = compiled[ruleOf(device, sensor)]
      return rule === undefined || rule.strategy._tag === "None" ? undefined : rule.strategy
    },
    strategiesFor: (device) => {
      const found: Array<Strategy.Strategy> = []
      for (const { pattern, strategy } of compiled)
        if (strategy._tag !== "None" && pattern.mayMean(device) && !found.some((one) => Strategy.same(one, strategy)))
          found.push(strategy)
      return found
    }
  }
}

const checked = (rule: Rule): Rule => {
  expectOptions("Selection.make", rule, ["match"])
  return rule
}

/**
 * Every sensor of every device, with `auto`: the default of a site.
 *
 * @category constants
 * @since 0.1.0
 */
export const everything: Selection = make(["*"])

/**
 * Returns the pattern of sensors of one device: a name, a glob, or a regular expression over their names (text that begins
 * with `/`). Throws a `TypeError` for a malformed regular expression.
 *
 * @category constructors
 * @since 0.1.0
 */
export const within = (device: string, match: string): Pattern => {
  const { exact, matches } = namesOf(match)
  return {
    text: `${device}/${match}`,
    exact,
    mayMean: (other) => other === device,
    matches: (other, sensor) => other === device && matches(sensor)
  }
}
