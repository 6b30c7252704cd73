/**
 * A fleet on Node: its database, its cluster, and the connections of runners.
 *
 * @since 0.1.0
 */
export { type ClusterTimes, defaultTimes } from "./cluster.ts"
export { runSection, type SectionOptions, timesOf } from "./layer.ts"
export { layerPostgres, type PostgresOptions } from "./postgres/layer.ts"
export { Refusals } from "./Refusals.ts"
export { dialRunner, listenForRunners, type Trust } from "./transport.ts"
