import type { DeviceShape, Request, ServedRequest } from "../../Interface/index.ts"
import { expectValue, type Protocol } from "../../Message/index.ts"
import { type AnyHandler, type Entry, fromContract, type Holds } from "./Entry.ts"

/** The options that entries of requests depend on. */
export interface TableOptions {
  readonly protocol: Protocol
  readonly concurrency?: Request.Concurrency | undefined
}

/** Informs that a server sends on its own; no request may have their names (Rev 5.1 §2.3, P-062). */
const ownInforms = (protocol: Protocol): ReadonlyArray<string> => [
  "disconnect",
  "log",
  "sensor-status",
  ...(protocol.multiClient ? ["client-connected"] : []),
  ...(protocol.major >= 5 ? ["version-connect", "interface-changed"] : ["version", "build-state"])
]

/** Returns the cases in which a request delays others. By default requests without ids stay in order. */
export const holdsBy = (concurrency: Request.Concurrency | undefined): Holds =>
  concurrency === undefined ? "without id" : concurrency === "serial" ? "always" : "never"

/**
 * Returns the entry of a device's request, or `undefined` if it needs another protocol than the server's. Throws a
 * `TypeError` if it has the name of an inform that the server itself sends, or no handler.
 */
export const entryOf = (
  { handler, request }: Pick<ServedRequest, "handler" | "request">,
  { concurrency, protocol }: TableOptions
): Entry | undefined => {
  const { name } = request
  if (request.requires !== undefined && !protocol.satisfies(request.requires)) return undefined
  if (ownInforms(protocol).includes(name))
    throw new TypeError(`?${name} cannot be a request: the server itself sends #${name}`)
  if (handler === undefined) throw new TypeError(`?${name} has no handler`)
  expectValue(`the handler of ?${name}`, typeof handler === "function", "a function that returns an Effect", handler)
  return fromContract(request, handler, holdsBy(request.concurrency ?? concurrency))
}

/**
 * Returns the entries of a device by name: the standard requests, overridden by the contract's, and those that were
 * added already. Throws like {@link entryOf}.
 */
export const entriesOf = (
  { handlers, requests: live }: DeviceShape,
  requests: ReadonlyMap<string, Request.Any>,
  standards: ReadonlyArray<Entry>,
  options: TableOptions
): Map<string, Entry> => {
  const table = new Map<string, Entry>()
  // each server counts its own requests
  for (const entry of standards) table.set(entry.name, { ...entry })
  for (const [name, request] of requests) {
    // a request with a handler that is not in the set was removed
    const handler = (handlers as Record<string, AnyHandler | undefined>)[name]
    const served = live.servedAs(name) ?? (handler === undefined ? { request, handler } : undefined)
    const entry = served && entryOf(served, options)
    if (entry !== undefined) table.set(name, entry)
  }
  for (const [name, served] of live.served) {
    const entry = served.added ? entryOf(served, options) : undefined
    if (entry !== undefined) table.set(name, entry)
  }
  return table
}
