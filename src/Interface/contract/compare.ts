import * as Equal from "effect/Equal"
import { Arg } from "../../Codec/index.ts"
import { permits, roleNeeded } from "../Role.ts"
import type { Change, ChangeSubject } from "./Change.ts"
import type { ContractDescription, RequestDescription, SensorDescription } from "./ContractDescription.ts"
import { compareLists } from "./compareLists.ts"
import { fits, typeText } from "./fits.ts"
import { protocolOf } from "./fromDescription.ts"

/** Returns a function that builds changes of one subject. */
const changesOf =
  (subject: ChangeSubject) =>
  (
    kind: Change["kind"],
    impact: Change["impact"],
    reason: string,
    before: string | number | undefined,
    after: string | number | undefined
  ): Change => ({
    impact,
    subject,
    kind,
    before: before === undefined ? undefined : `${before}`,
    after: after === undefined ? undefined : `${after}`,
    reason
  })

/** Pairs the items of two lists by name: the first list in its order, then the new items. */
function* byName<A extends { readonly name: string }>(
  before: ReadonlyArray<A>,
  after: ReadonlyArray<A>
): Generator<readonly [name: string, was: A | undefined, is: A | undefined]> {
  const old = new Map(before.map((item) => [item.name, item]))
  const present = new Map(after.map((item) => [item.name, item]))
  for (const [name, was] of old) yield [name, was, present.get(name)]
  for (const [name, is] of present) if (!old.has(name)) yield [name, undefined, is]
}

/**
 * Yields the differences between the requests of two contracts. `protocol` is the one that the second is served with.
 */
export function* compareRequests(
  before: ReadonlyArray<RequestDescription>,
  after: ReadonlyArray<RequestDescription>,
  protocol: string | undefined
): Generator<Change> {
  for (const [request, was, is] of byName(before, after)) {
    const change = changesOf({ _tag: "Request", request })
    if (was === undefined) yield change("added", "compatible", "clients do not know of it", undefined, is?.doc)
    else if (is === undefined) yield change("removed", "breaking", "the device does not know it", was.doc, undefined)
    else yield* compareRequest(was, is, protocol)
  }
}

function* compareRequest(was: RequestDescription, is: RequestDescription, protocol: string | undefined) {
  const change = changesOf({ _tag: "Request", request: was.name })
  if (was.kind !== is.kind)
    yield change("signature", "breaking", "its arguments and replies cannot be compared", was.kind, is.kind)
  if (was.kind === "typed" && is.kind === "typed") {
    for (const list of ["args", "reply", "informs"] as const) {
      for (const { argument, ...difference } of compareLists(was[list], is[list], list === "args" ? "sent" : "read"))
        yield { subject: { _tag: "Argument", request: was.name, list, argument }, ...difference } satisfies Change
    }
  }
  if (was.requires !== is.requires) {
    const impact = demandsMore(was.requires, is.requires, protocol) ? "breaking" : "compatible"
    const reason = impact === "breaking" ? "fewer devices have it" : "all devices that had it still have it"
    yield change("requires", impact, reason, was.requires, is.requires)
  }
  if ((was.hidden ?? false) !== (is.hidden ?? false))
    yield change("hidden", "compatible", "it is still served", yesOrNo(was.hidden), yesOrNo(is.hidden))
  if (was.role !== is.role) {
    const impact = permits(roleNeeded(was), roleNeeded(is)) ? "compatible" : "breaking"
    const reason = impact === "breaking" ? "fewer clients may make it" : "all clients that could make it still can"
    yield change("role", impact, reason, was.role, is.role)
  }
  if (was.concurrency !== is.concurrency)
    yield change("concurrency", "compatible", "replies may come in another order", was.concurrency, is.concurrency)
  if (was.timeoutHint !== is.timeoutHint)
    yield change("timeout-hint", "compatible", "it is a hint, in seconds", was.timeoutHint, is.timeoutHint)
  if (was.kind === "raw" && is.kind === "raw" && was.usage !== is.usage)
    yield change("usage", "compatible", "it is for people", was.usage, is.usage)
  if (was.doc !== is.doc) yield change("doc", "compatible", "it is for people", was.doc, is.doc)
}

const yesOrNo = (value: boolean | undefined): string => (value === true ? "yes" : "no")

/** Returns `true` if a device may lack a request that it had. */
const demandsMore = (before: string | undefined, after: string | undefined, protocol: string | undefined): boolean => {
  if (after === undefined) return false
  const needed = protocolOf(after)
  const assumed = protocol ?? before
  return assumed === undefined || !protocolOf(assumed).satisfies(needed)
}

/** Yields the differences between the sensors of two contracts. */
export function* compareSensors(
  before: ReadonlyArray<SensorDescription>,
  after: ReadonlyArray<SensorDescription>
): Generator<Change> {
  for (const [sensor, was, is] of byName(before, after)) {
    const change = changesOf({ _tag: "Sensor", sensor })
    if (was === undefined) yield change("added", "compatible", "clients do not know of it", undefined, is?.doc)
    else if (is === undefined) yield change("removed", "breaking", "clients that ask for it fail", was.doc, undefined)
    else yield* compareSensor(was, is)
  }
}

function* compareSensor(was: SensorDescription, is: SensorDescription) {
  const change = changesOf({ _tag: "Sensor", sensor: was.name })
  if (!Equal.equals(was.type, is.type)) {
    const [before, after] = [typeText(was.type), typeText(is.type)]
    if (wordOf(was) !== wordOf(is)) yield change("type", "breaking", "the device reports another type", before, after)
    else if (fits(is.type, was.type)) yield change("type", "compatible", "clients read all its values", before, after)
    else yield change("type", "breaking", "it has values that clients do not know", before, after)
  }
  if (was.units !== is.units) yield change("units", "breaking", "values mean something else", was.units, is.units)
  for (const range of ["nominal", "warn"] as const) {
    if (!Equal.equals(was[range], is[range]))
      yield change(
        `${range}-range`,
        "compatible",
        "it rates values, and does not restrict them",
        was[range]?.join(" to "),
        is[range]?.join(" to ")
      )
  }
  if (!Equal.equals(was.initial, is.initial))
    yield change("initial", "compatible", "clients ask for the present reading", initialText(was), initialText(is))
  if (was.doc !== is.doc) yield change("doc", "compatible", "it is for people", was.doc, is.doc)
}

/** Returns the wire name of a sensor's type. */
const wordOf = ({ type }: SensorDescription) => Arg.fromDescription(type).sensorType

const initialText = ({ initial }: SensorDescription): string | undefined => {
  if (initial === undefined) return undefined
  const { status, value } = initial
  return `${status} ${typeof value === "string" ? value : `hex ${value.hex}`}`
}

function* compareProtocols(before: string | undefined, after: string | undefined): Generator<Change> {
  if (before === after) return
  const [was, is] = [before, after].map((text) => (text === undefined ? undefined : protocolOf(text)))
  const breaks = was !== undefined && is !== undefined && (was.major !== is.major || !is.satisfies(was))
  yield changesOf({ _tag: "Contract" })(
    "protocol",
    breaks ? "breaking" : "compatible",
    breaks ? "clients may rely on a missing version or flag" : "everything that clients rely on is there",
    before,
    after
  )
}

/** Yields the differences between the facts that two devices report besides their contracts, if both were asked. */
function* compareDevices(before: ContractDescription["device"], after: ContractDescription["device"]) {
  if (before === undefined || after === undefined) return
  for (const request of new Set([...before.standard, ...after.standard])) {
    const change = changesOf({ _tag: "Request", request })
    if (!after.standard.includes(request))
      yield change("removed", "breaking", "the device does not know it", "standard", undefined)
    else if (!before.standard.includes(request))
      yield change("added", "compatible", "clients do not know of it", undefined, "standard")
  }
  const change = changesOf({ _tag: "Contract" })
  for (const [name, was, is] of byName(before.versions, after.versions)) {
    if (!Equal.equals(was, is))
      yield change("component", "compatible", `it is the version of ${name}`, versionText(was), versionText(is))
  }
}

const versionText = (version: { readonly version: string; readonly build?: string } | undefined): string | undefined =>
  version === undefined ? undefined : `${version.version}${version.build === undefined ? "" : ` ${version.build}`}`

/**
 * Returns the differences between two contracts, judged by the effect on clients of the first at a device of the
 * second. The order of requests and sensors, and the notes of an import, do not matter. Equal contracts have no
 * changes. Arguments are compared by position, and types by their sent and accepted values: a request may accept more
 * and answer less, and a sensor may have fewer values. Undecidable changes, such as between two patterns, count as
 * breaking.
 *
 * Throws a `TypeError` for an inconsistent description. Descriptions that `ContractDescription` has decoded are
 * consistent.
 *
 * @example
 * ```ts
 * import { Arg, Interface, Request } from "katcp"
 *
 * const before = Interface.make("dish").add(Request.make("point", { doc: "Point.", args: { az: Arg.Float } }))
 * const after = Interface.make("dish").add(Request.make("point", { doc: "Point.", args: { az: Arg.Int } }))
 * const [change] = Interface.compare(Interface.describe(before), Interface.describe(after))
 * if (change?.impact !== "breaking") throw new Error("a float is no integer")
 * ```
 *
 * @category comparison
 * @since 0.1.0
 */
export const compare = (before: ContractDescription, after: ContractDescription): ReadonlyArray<Change> => {
  const change = changesOf({ _tag: "Contract" })
  const names = (["id", "version", "build"] as const)
    .filter((name) => before[name] !== after[name])
    .map((name) => change(name, "compatible", "it is a name", before[name], after[name]))
  return [
    ...names,
    ...compareProtocols(before.protocol, after.protocol),
    ...compareRequests(before.requests, after.requests, after.protocol),
    ...compareSensors(before.sensors, after.sensors),
    ...compareDevices(before.device, after.device)
  ]
}
