/**
 * The site file: the configuration of what a process observes and serves. Its sections stand for layers of the other
 * rooms.
 *
 * @since 0.1.0
 */
export { type AddressBook, readBook } from "./book.ts"
export { isPostgres } from "./databases.ts"
export { devicesOf, type FileDevice, resolveDevice } from "./devices.ts"
export { type Difference, differencesBetween } from "./differences.ts"
export type { Changes } from "./file/Changes.ts"
export { devicePrefix, type Environment, foreignReferences } from "./file/environment.ts"
export { Fault, SiteFileError } from "./file/Fault.ts"
export { foreignIn, loadSite, parseSite, writtenDevices } from "./file/load.ts"
export type { OpenPart, Part, PartServices, Plan } from "./Part.ts"
export { checkParts } from "./parts.ts"
export { type FileRule, rulesOf, selectionOf } from "./rules.ts"
export { type Running, serveSite } from "./run.ts"
export { type SectionKey, SiteFile } from "./sections.ts"
