import type { DeviceShape, Interface, Request } from "../Interface/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { guarded } from "./Guard.ts"
import { hooked, unasked } from "./OnMessage.ts"
import type { Resolved, Versions } from "./Options.ts"
import * as RequestTable from "./RequestTable.ts"
import { standards } from "./standard/index.ts"
import { library } from "./version.ts"

type Entry = RequestTable.Entry

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
    return annotateLogs ? RequestTable.annotated(inner) : inner
  }
  const table = RequestTable.make(shape, requests, standards(options), options)
  const said = [
    ["katcp-protocol", protocol.toString()],
    ["katcp-library", library.version, library.build],
    ["katcp-device", version, build]
  ]
  const versions = options.versions ?? {}
  const fixed = typeof versions === "function" ? undefined : [...said, ...listed(versions)]
  return {
    requests: new Map([...table].map(([name, entry]) => [name, admitted(entry)])),
    unhandled: (name: string): Entry =>
      unhandled === undefined
        ? around(RequestTable.refusing(name, "invalid", `Unknown request ${name}. ?help lists what there is.`))
        : admitted(RequestTable.fromContract(RequestTable.unknown(name), unhandled, RequestTable.holdsBy(concurrency))),
    unasked: onMessage && unasked(onMessage),
    versions: () => fixed ?? [...said, ...listed((versions as () => Versions)())]
  }
}

/** More versions, by name. */
const listed = (versions: Versions): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(versions)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, values]) => [name, ...values.filter((value) => value !== undefined)])
