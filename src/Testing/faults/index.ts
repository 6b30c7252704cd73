/**
 * Faults of connections, as a test wants them: they hang, are cut, amid a line too, come late or in pieces, with garbage
 * in between; nobody listens, or nobody answers.
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
