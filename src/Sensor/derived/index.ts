/**
 * Sensors derived from others. Each function takes the sensor to derive (a definition, or a live sensor such as a
 * contract's), its inputs (a list of sensors, or {@link Inputs}), and options. The sensor is updated until the Scope
 * ends.
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
