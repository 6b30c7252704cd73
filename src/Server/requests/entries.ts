import { type DeviceShape, type Request, roleNeeded } from "../../Interface/index.ts"
import type { AuditTrail } from "../audit/AuditTrail.ts"
import { restricted } from "../audit/audited.ts"
import type { Resolved } from "../Options.ts"
import { standards } from "../standard/index.ts"
import type { StandardParts } from "../standard/Parts.ts"
import type { Entries } from "./Dispatch.ts"
import { annotated, type Entry, fromContract, refusing, unknown } from "./Entry.ts"
import { guarded } from "./guarded.ts"
import { hooked, unsolicited } from "./hooked.ts"
import { entriesOf, entryOf, holdsBy } from "./table.ts"

/** How a request changed, in the words of `#interface-changed` (Rev 5.1 §4.2). */
export type Change = "added" | "removed" | "modified"

/**
 * Fills the table of a server with the entries of all requests, and returns the fallbacks for all other messages. The
 * enabled checks wrap each entry, outermost first: role and audit, log annotations, `onMessage`, guard.
 */
export const entries = (
  table: Map<string, Entry>,
  requests: ReadonlyMap<string, Request.Any>,
  shape: DeviceShape,
  options: Resolved,
  parts: StandardParts & { readonly audit: AuditTrail | undefined }
): Entries & {
  /** Updates the table after a request was added, removed or changed. Returns `undefined` if nothing changed. */
  readonly update: (name: string) => Change | undefined
} => {
  const { annotateLogs, concurrency, guard, onMessage, unhandled } = options
  const around = (entry: Entry): Entry => (onMessage === undefined ? entry : hooked(entry, onMessage))
  const admitted = (entry: Entry): Entry => {
    const inner = around(guard === undefined ? entry : guarded(entry, guard))
    return restricted(annotateLogs ? annotated(inner) : inner, parts.audit)
  }
  const standard = standards(options, parts)
  for (const [name, entry] of entriesOf(shape, requests, standard, options)) table.set(name, admitted(entry))
  return {
    requests: table,
    update: (name) => {
      const former = table.get(name)
      const served = shape.requests.servedAs(name)
      const own = standard.find((entry) => entry.name === name)
      const entry = served === undefined ? own && { ...own } : entryOf(served, options)
      if (entry === undefined) return table.delete(name) ? "removed" : undefined
      // the running entry keeps the counter
      table.set(name, Object.assign(admitted(entry), { count: former?.count ?? 0 }))
      return former === undefined ? "added" : "modified"
    },
    unhandled: (name) =>
      unhandled === undefined
        ? around(refusing(name, "invalid", `Unknown request ${name}. ?help lists all requests.`))
        : admitted(fromContract(passedOn(name), unhandled, holdsBy(concurrency))),
    unsolicited: onMessage && unsolicited(onMessage)
  }
}

/** Returns a description for a request that `unhandled` answers. It is unknown, so `read` is never enough. */
const passedOn = (name: string): Request.RawRequest<string> => ({
  ...unknown(name),
  role: roleNeeded({ name }) === "admin" ? "admin" : "control"
})
