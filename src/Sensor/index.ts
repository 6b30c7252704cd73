/**
 * Sensors: definitions, readings, statuses, live sensors and the set of a device's sensors. Knows nothing of clients,
 * servers and sockets.
 *
 * @since 0.1.0
 */
export type { SensorSetChange } from "./changes.ts"
export * as Inputs from "./derived/Inputs.ts"
export * as Derived from "./derived/index.ts"
export { parseDescription, sameDescription, writeDescription } from "./description.ts"
export { deviceStatus, type Health } from "./deviceStatus.ts"
export { InvalidFilter, InvalidLink, InvalidSensorValue, UnknownSensor } from "./errors.ts"
export { every } from "./every.ts"
export * as Fmeca from "./Fmeca.ts"
export { compilePattern, type NameFilter, nameFilter } from "./filter.ts"
export { LiveSensor, type ObservedSensors } from "./LiveSensor.ts"
export { type Mode, Modes } from "./Modes.ts"
export type { Observer } from "./observers.ts"
export { type PollOptions, poll, pollAll } from "./poll.ts"
export { type FormattedReading, formatReading, parseReading, type Reading } from "./Reading.ts"
export { type Range, type Ranges, statusInRanges } from "./ranges.ts"
export {
  type Any,
  type AutoStrategies,
  type AutoStrategy,
  isName,
  make,
  type Options,
  remote,
  type Sensor,
  type Value
} from "./Sensor.ts"
export { SensorSet } from "./SensorSet.ts"
export { SensorTree } from "./SensorTree.ts"
export type { FormattedOptions, SetOptions } from "./SetOptions.ts"
export { isStatus, isValid, Status, severities, severityOrder, statuses, statusOrder, worseOf } from "./Status.ts"
export { staleAfter } from "./staleAfter.ts"
export {
  type ClockReading,
  type ClockSensors,
  type ClockState,
  clockStates,
  TimeSync,
  TimeSyncFailed
} from "./TimeSync.ts"
