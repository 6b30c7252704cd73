/**
 * Sensors that follow from others. Each takes the sensor to keep (a definition, or a live sensor such as a contract's),
 * what it is derived from (a list of sensors, or {@link Inputs}), and options. It is kept until the Scope ends.
 *
 * @since 0.1.0
 */
export { type AggregateOptions, aggregate } from "./aggregate.ts"
export { combine, type Values } from "./combine.ts"
export type { Computed, Pace, Rule, Target } from "./Derivation.ts"
export { latest, map, rateLimited } from "./latest.ts"
export { all, any } from "./logic.ts"
export { max, mean, min, sum } from "./numbers.ts"
export type { Options } from "./Options.ts"
export { count, deviceStatus, worst } from "./statuses.ts"
export type { Tally } from "./Tally.ts"
