import { Arg } from "../Codec/index.ts"
import { Strategy } from "../Sampling/index.ts"

/**
 * When to be told of a sensor (Rev 5.1 §7.1): as text with times in seconds, `event`, `period 0.5`, `event-rate 1 10`,
 * `differential 2`, or as data.
 *
 * @category models
 * @since 0.1.0
 */
export type StrategyInput = string | Strategy.Strategy

/** The strategy as data. Throws a `TypeError` for text that is none. */
export const strategyOf = (input: StrategyInput): Strategy.Strategy => {
  if (typeof input !== "string") return input
  const strategy = Strategy.fromText(input)
  if (strategy instanceof Arg.Invalid) throw new TypeError(`${JSON.stringify(input)}: ${strategy.message}`)
  return strategy
}
