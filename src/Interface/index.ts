/**
 * The typed contract of a device: requests and sensors described once, for the server's handlers, the client's methods,
 * `?help` and `?sensor-list`. Knows nothing of serving and calling.
 *
 * @since 0.1.0
 */

export { type Certificate, holderOf } from "./Certificate.ts"
export * as ClientAdmin from "./ClientAdmin.ts"
export {
  type Change,
  type ChangeKind,
  type ChangeSubject,
  formatChange,
  formatChanges,
  isBreaking
} from "./contract/Change.ts"
export {
  ContractDescription,
  type FieldDescription,
  type RequestDescription,
  type SensorDescription
} from "./contract/ContractDescription.ts"
export { check } from "./contract/check.ts"
export { compare } from "./contract/compare.ts"
export { type ContractItems, describe } from "./contract/describe.ts"
export { fromDescription } from "./contract/fromDescription.ts"
export { requestFromHelp, type SensorFromList, sensorFromList, standardRequests } from "./contract/listed.ts"
export { type TypeScriptOptions, toTypeScript } from "./contract/toTypeScript.ts"
export * as Deprecated from "./Deprecated.ts"
export { DeviceLog, type LogRecord } from "./DeviceLog.ts"
export type { ConnectedClient, Handler, Handlers, RequestContext } from "./Handler.ts"
export {
  type Any,
  type Device,
  type DeviceShape,
  type Interface,
  make,
  type Sensors,
  type SensorsOf
} from "./Interface.ts"
export { type LogLevel, logLevels, parseLogLevel, reports, type Severity, toEffect } from "./LogLevel.ts"
export { printable, unprintable } from "./printable.ts"
export { Recurrences } from "./Recurrences.ts"
export * as Request from "./Request.ts"
export { RequestSet, type RequestSetChange, type ServedRequest } from "./RequestSet.ts"
export { permits, type RequestRole, Role, roleInHelp, roleNeeded } from "./Role.ts"
export { type TimedAction, TimedQueue, type TimedQueueOptions } from "./TimedQueue.ts"
