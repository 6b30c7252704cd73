import { Arg } from "../Codec/index.ts"
import { Strategy } from "../Sampling/index.ts"

/**
 * A sampling strategy (Rev 5.1 §7.1): as text with times in seconds, `event`, `period 0.5`, `event-rate 1 10`,
 * `differential 2`, or as data.
 *
 * @category models
 * @since 0.1.0
 */
export type StrategyInput = string | Strategy.Strategy

/** Returns the strategy as data. Throws a `TypeError` for invalid text. */
export const strategyOf = (input: StrategyInput): Strategy.Strategy => {
  if (typeof input !== "string") return input
  const strategy = Strategy.fromText(input)
  if (strategy instanceof Arg.Invalid) throw new TypeError(`${JSON.stringify(input)}: ${strategy.message}`)
  return strategy
}
