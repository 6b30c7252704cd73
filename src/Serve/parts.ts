import * as Effect from "effect/Effect"
import { type Fault, SiteFileError } from "./file/Fault.ts"
import type { Part, Plan } from "./Part.ts"
import { archivePart } from "./parts/archive.ts"
import { exportPart } from "./parts/export.ts"
import { gatewayPart } from "./parts/gateway.ts"
import { httpPart } from "./parts/http.ts"
import { proxyPart } from "./parts/proxy.ts"

/** The sections that run as parts of their own, in the order in which they start. */
export const parts: ReadonlyArray<Part> = [httpPart, proxyPart, archivePart, exportPart, gatewayPart]

/** Given by the site: its default limit. */
const mostDevices = 1000

/**
 * Fails with the mistakes of a valid site file that would keep it from starting: names of other sections, the number of
 * its devices, and files of its sections. The files of a section are read if `readsFiles` returns `true`. Starts
 * nothing, and asks no device and no database.
 *
 * @category running
 * @since 0.1.0
 */
export const checkParts = (
  plan: Plan,
  readsFiles: (part: Part) => boolean = () => true
): Effect.Effect<void, SiteFileError> =>
  Effect.suspend(() => {
    const { data, file } = plan
    const count = Object.keys(data.devices).length
    const many: ReadonlyArray<Fault> =
      data.fleet === undefined && count > mostDevices
        ? [
            {
              path: "devices",
              message: `there are ${count} devices; without a fleet, a process has at most ${mostDevices}`
            }
          ]
        : []
    const faults = parts.flatMap((part) =>
      data[part.key] === undefined ? [] : (part.faults?.(plan, readsFiles(part)) ?? [])
    )
    return many.length + faults.length === 0
      ? Effect.void
      : Effect.fail(new SiteFileError({ file, faults: [...many, ...faults] }))
  })
