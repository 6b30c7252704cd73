/**
 * Sampling strategies as data, with their wire form and their text form (Rev 5.1 §7.1, Table 9).
 *
 * @since 0.1.0
 */
export { resolve } from "./auto.ts"
export { faultFor } from "./check.ts"
export { format, toText } from "./format.ts"
export { join, same } from "./join.ts"
export { FromText, fromText, parse, parser } from "./parse.ts"
export { inProtocol, isAllowed } from "./protocol.ts"
export {
  type Auto,
  auto,
  type Differential,
  type DifferentialRate,
  differential,
  differentialRate,
  type Event,
  type EventRate,
  event,
  eventRate,
  type None,
  type Numeric,
  none,
  type Period,
  period,
  Strategy,
  type StrategyFor
} from "./Strategy.ts"
export { schedule } from "./schedule.ts"
export { examples, longestPeriod, type Name, names, shortestPeriod } from "./table.ts"
