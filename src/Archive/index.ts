/**
 * History: every reading of the sensors of a site, and queries about them.
 *
 * @since 0.1.0
 */
export {
  Archive,
  type Moment,
  type Page,
  type SeriesBuckets,
  type SeriesReadings
} from "./Archive.ts"
export { QueryRefused, StoreFailed } from "./errors.ts"
export { type ForeignReading, Importing } from "./Importing.ts"
export { layer, layerQueries } from "./layer.ts"
export type { Batch } from "./model/Batch.ts"
export { concerns, type Gap, GapReason } from "./model/Gap.ts"
export type { Keep } from "./model/Keep.ts"
export type { ArchivedReading, Bucket } from "./model/Reading.ts"
export type { Row } from "./model/Row.ts"
export { type Definition, nameOf, type Series } from "./model/Series.ts"
export type { Summary } from "./model/Summary.ts"
export type { Text } from "./model/Text.ts"
export type { Value } from "./model/Value.ts"
export type { QueryLimits, Sensors } from "./queries.ts"
export { Spill, type Spilled, SpillFailed, type SpillShape } from "./Spill.ts"
export {
  type RetentionState,
  type RowsQuery,
  type SeriesRow,
  Store,
  type StoreState,
  type SummariesQuery
} from "./Store.ts"
export { ArchiveSection, optionsOf, spillOf } from "./section.ts"
export type { StateDuration, States } from "./states.ts"
export type { WriterHealth } from "./writer/Health.ts"
export type { ArchiveFleet, ArchiveOptions } from "./writer/options.ts"
