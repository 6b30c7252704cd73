/**
 * Faults of connections for tests: they hang, are cut (even within a line), are delayed or fragmented, or contain
 * garbage; dials are refused or ignored.
 *
 * @since 0.1.0
 */
export { Controls } from "./Controls.ts"
export { type Expected, Faults, make } from "./Faults.ts"
export { type Armed, FaultyConnection } from "./FaultyConnection.ts"
export {
  type AtLine,
  after,
  before,
  cut,
  type Direction,
  delay,
  type Fault,
  hang,
  ignored,
  insert,
  type Mark,
  type NthOptions,
  refused,
  reset,
  resume,
  rewrite,
  type Step,
  split,
  within
} from "./Step.ts"
export { wrap } from "./wrap.ts"
