/**
 * Sampling: which readings of a sensor are reported to a client, and when (Rev 5.1 §7.1). Strategies are data,
 * decisions are state machines, and deadlines are shared timers. It works without a server. Knows nothing of clients
 * and sockets.
 *
 * @since 0.1.0
 */
export * as Machine from "./Machine.ts"
export { type Receiver, Sampler, type Source } from "./Sampler.ts"
export * as Strategy from "./strategy/index.ts"
export { type SampleOptions, type StreamOptions, sample, stream } from "./stream.ts"
export { Timers } from "./Timers.ts"
