/**
 * Many devices by name, and one table of their sensors: what proxies, archives, exporters and gateways read.
 *
 * @since 0.1.0
 */
export * as Allow from "./Allow.ts"
export type { DeviceHealth, SiteDevice } from "./Device.ts"
export * as DeviceAddress from "./DeviceAddress.ts"
export { DeviceRefused, NoSuchDevice, RequestRefused } from "./errors.ts"
export type { DeviceInput, DeviceOptions, Limits, SiteOptions } from "./options.ts"
export { formatPassed, PassedRequest } from "./PassedRequest.ts"
export { type Pattern, patternOf } from "./Pattern.ts"
export type { Asked } from "./pass.ts"
export { type JsonSource, ReadingJson, readingJson, ValueJson, valueJson } from "./ReadingJson.ts"
export * as Selection from "./Selection.ts"
export { Site, type SiteShape, type SiteWaitFor } from "./Site.ts"
export * as Target from "./Target.ts"
export type { Change, Changes } from "./table/Changes.ts"
export type { Feed, Reader } from "./table/Reader.ts"
export { codeOf, Row } from "./table/Row.ts"
export { Table, type TableLimits, type TableStats } from "./table/Table.ts"
export type { Removal } from "./table/Tombstones.ts"
