/**
 * Expectations about devices. A failed expectation is an `ExpectationFailed` in the error channel, which works with any
 * test runner.
 *
 * @since 0.1.0
 */
export { type ConformanceOptions, conforms, help, sensorList, sensorValues } from "./conformance.ts"
export type { Matcher, ToleranceOptions } from "./matching.ts"
export { type Answered, type ExpectedFailure, type ExpectedReply, fails, ok } from "./reply.ts"
export { becomes, type ExpectedReading, sensor, sensorNot } from "./sensors.ts"
export { setter, type Tried } from "./setter.ts"
