/**
 * A conformance run: compares a KATCP device with the specification, clause by clause. It works on any device, over any
 * Socket.
 *
 * @since 0.1.0
 */
export type { Check, Needs } from "./Check.ts"
export { checks } from "./checks/index.ts"
export type { Facts, SensorFacts } from "./Device.ts"
export type { Outcome, Report, Result } from "./Result.ts"
export { factsText, outcomeTags, reportJson, reportText, resultText, summaryText } from "./report.ts"
export { type Options, type Run, run, select, Unreachable } from "./run.ts"
