import { type DeviceShape, type Interface, type Request, roleNeeded } from "../Interface/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { restricted } from "./audit/audited.ts"
import { guarded } from "./Guard.ts"
import { hooked, unasked } from "./OnMessage.ts"
import type { Resolved, Versions } from "./Options.ts"
import * as RequestTable from "./RequestTable.ts"
import { standards } from "./standard/index.ts"
import { library } from "./version.ts"

type Entry = RequestTable.Entry

/** What became of a request, in the words of `#interface-changed` (Rev 5.1 §4.2). */
export type Change = "added" | "removed" | "modified"

/** What the server answers, and what it says it is. */
export const tables = <Id extends string, R extends Request.Any, S extends Sensor.Any>(
  { build, requests, version }: Interface<Id, R, S>,
  options: Resolved,
  shape: DeviceShape
) => {
  const { annotateLogs, concurrency, guard, onMessage, protocol, unhandled } = options
  // what nobody asked for stands before no handler
  const around = (entry: Entry): Entry => (onMessage === undefined ? entry : hooked(entry, onMessage))
  const admitted = (entry: Entry): Entry => {
    const inner = around(guard === undefined ? entry : guarded(entry, guard))
    return restricted(annotateLogs ? RequestTable.annotated(inner) : inner)
  }
  const standard = standards(options)
  const table = new Map<string, Entry>()
  for (const [name, entry] of RequestTable.make(shape, requests, standard, options)) table.set(name, admitted(entry))
  /** Brings the table into line with a request of the device that has come, gone or changed; undefined if it does not. */
  const update = (name: string): Change | undefined => {
    const former = table.get(name)
    const served = shape.requests.servedAs(name)
    const own = standard.find((entry) => entry.name === name)
    const entry = served === undefined ? own && { ...own } : RequestTable.entryOf(served, options)
    if (entry === undefined) return table.delete(name) ? "removed" : undefined
    // the entry that runs is the one that counts
    table.set(name, Object.assign(admitted(entry), { count: former?.count ?? 0 }))
    return former === undefined ? "added" : "modified"
  }
  const own = {
    "katcp-protocol": [protocol.toString()],
    "katcp-library": [library.version, library.build],
    "katcp-device": [version, build]
  } as const
  const versions = options.versions ?? {}
  if (typeof versions !== "function" && Object.hasOwn(versions, "katcp-protocol"))
    throw new TypeError('versions: "katcp-protocol" is set by the option "protocol" of the server, not by "versions"')
  const fixed = typeof versions === "function" ? undefined : listed(own, versions)
  return {
    requests: table,
    update,
    unhandled: (name: string): Entry =>
      unhandled === undefined
        ? around(RequestTable.refusing(name, "invalid", `Unknown request ${name}. ?help lists what there is.`))
        : admitted(RequestTable.fromContract(passedOn(name), unhandled, RequestTable.holdsBy(concurrency))),
    unasked: onMessage && unasked(onMessage),
    versions: () => fixed ?? listed(own, (versions as () => Versions)())
  }
}

/** A request that is answered by `unhandled`, whatever that does with it: never one that only looks. */
const passedOn = (name: string): Request.RawRequest<string> => ({
  ...RequestTable.unknown(name),
  role: roleNeeded({ name }) === "admin" ? "admin" : "control"
})

/** One line for each role: the three of every server, then the others by name. */
const listed = (own: Versions, versions: Versions): ReadonlyArray<ReadonlyArray<string>> => {
  const others = Object.keys(versions).filter((name) => !Object.hasOwn(own, name))
  const line = (name: string, [version, build]: Versions[string]) =>
    build === undefined ? [name, version] : [name, version, build]
  return [
    ...Object.entries(own).map(([name, values]) =>
      line(name, name === "katcp-protocol" || !Object.hasOwn(versions, name) ? values : versions[name]!)
    ),
    ...others.sort().map((name) => line(name, versions[name]!))
  ]
}
