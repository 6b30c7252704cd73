/**
 * Sensors: definitions, readings, statuses, live sensors and the set of those that a device has. Knows nothing of
 * clients, servers and sockets.
 *
 * @since 0.1.0
 */
export type { SensorSetChange } from "./changes.ts"
export { parseDescription, writeDescription } from "./description.ts"
export { InvalidFilter, InvalidSensorValue, UnknownSensor } from "./errors.ts"
export { type NameFilter, nameFilter } from "./filter.ts"
export { type FormattedOptions, LiveSensor, type SetOptions } from "./LiveSensor.ts"
export type { Observer } from "./observers.ts"
export { type FormattedReading, formatReading, parseReading, type Reading } from "./Reading.ts"
export { type Range, statusInRanges } from "./ranges.ts"
export { type Any, isName, make, type Options, remote, type Sensor, type Value } from "./Sensor.ts"
export { SensorSet } from "./SensorSet.ts"
export { isStatus, isValid, Status, statuses, statusOrder } from "./Status.ts"
