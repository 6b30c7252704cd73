import type { Part } from "./Part.ts"
import { archivePart } from "./parts/archive.ts"
import { exportPart } from "./parts/export.ts"
import { gatewayPart } from "./parts/gateway.ts"
import { proxyPart } from "./parts/proxy.ts"

/**
 * The sections that run as parts of their own, in the order in which they start. A part is built with the site, and
 * rebuilt when its section has changed.
 */
export const parts: ReadonlyArray<Part> = [proxyPart, archivePart, exportPart, gatewayPart]
