import type { DeviceSection } from "../Site/index.ts"

/** The section of a device in its long form. */
export type Long = Exclude<DeviceSection, string>

/** Returns the long form of a section. */
export const longOf = (section: DeviceSection): Long => (typeof section === "string" ? { address: section } : section)
