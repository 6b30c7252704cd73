import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import { Arg } from "katcp/Codec"
import * as Interface from "katcp/Interface"
import { contracts } from "./support.ts"

type Contract = Interface.ContractDescription
type Request = Interface.RequestDescription
type Typed = Extract<Request, { readonly kind: "typed" }>
type Sensor = Interface.SensorDescription
type Field = Interface.FieldDescription

const options = { arbitrary: { runs: 40, size: 20, maxDiscards: 20_000 } }

/** The expected change of a mutation. Undefined if it does not apply. */
interface Mutant {
  readonly contract: Contract
  readonly kind: Interface.ChangeKind
  readonly subject: Interface.ChangeSubject
  /** `true` if it breaks clients; undefined where that depends on what was there. */
  readonly impact?: Interface.Change["impact"]
}
type Mutation = (contract: Contract) => Mutant | undefined

const whole: Interface.ChangeSubject = { _tag: "Contract" }

/** Changes the first request of those that fit. */
const onRequest =
  <R extends Request>(
    fits: (request: Request) => request is R,
    kind: Interface.ChangeKind,
    impact: Mutant["impact"],
    change: (request: R) => Request | undefined
  ): Mutation =>
  (contract) => {
    const request = contract.requests.find(fits)
    const changed = request === undefined ? undefined : change(request)
    if (request === undefined || changed === undefined) return undefined
    return {
      contract: { ...contract, requests: contract.requests.map((one) => (one === request ? changed : one)) },
      kind,
      subject: { _tag: "Request", request: request.name },
      ...(impact === undefined ? {} : { impact })
    }
  }
const any = (request: Request): request is Request => request.kind !== undefined
const typed = (request: Request): request is Typed => request.kind === "typed"
const raw = (request: Request): request is Exclude<Request, Typed> => request.kind === "raw"

/** Changes a list of arguments of the first request that has types. */
const onList =
  (
    list: "args" | "reply" | "informs",
    kind: Interface.ChangeKind,
    impact: Mutant["impact"],
    change: (fields: ReadonlyArray<Field>) => readonly [fields: ReadonlyArray<Field>, argument: string] | undefined
  ): Mutation =>
  (contract) => {
    const request = contract.requests.find(typed)
    const changed = request === undefined ? undefined : change(request[list])
    if (request === undefined || changed === undefined) return undefined
    const [fields, argument] = changed
    return {
      contract: {
        ...contract,
        requests: contract.requests.map((one) => (one === request ? { ...request, [list]: fields } : one))
      },
      kind,
      subject: { _tag: "Argument", request: request.name, list, argument },
      ...(impact === undefined ? {} : { impact })
    }
  }

const onSensor =
  (kind: Interface.ChangeKind, impact: Mutant["impact"], change: (sensor: Sensor) => Sensor): Mutation =>
  (contract) => {
    const sensor = contract.sensors[0]
    if (sensor === undefined) return undefined
    return {
      contract: { ...contract, sensors: [change(sensor), ...contract.sensors.slice(1)] },
      kind,
      subject: { _tag: "Sensor", sensor: sensor.name },
      ...(impact === undefined ? {} : { impact })
    }
  }

const onWhole =
  (kind: Interface.ChangeKind, impact: Mutant["impact"], change: (contract: Contract) => Partial<Contract>): Mutation =>
  (contract) => ({
    contract: { ...contract, ...change(contract) },
    kind,
    subject: whole,
    ...(impact === undefined ? {} : { impact })
  })

const isRequired = ({ presence }: Field) => presence === undefined
const added: Field = { name: "added", type: { kind: "float" } }
const optional: Field = { ...added, presence: "optional" }
const hasRest = (fields: ReadonlyArray<Field>) => fields.at(-1)?.presence === "rest"
/** A list in which all must be there, with one more. */
const withLast = (fields: ReadonlyArray<Field>, last: Field) =>
  hasRest(fields) || (isRequired(last) && !fields.every(isRequired))
    ? undefined
    : ([[...fields, last], last.name] as const)
const withoutLast = (fields: ReadonlyArray<Field>) => {
  const last = fields.at(-1)
  return last === undefined ? undefined : ([fields.slice(0, -1), last.name] as const)
}
const withFirst = (fields: ReadonlyArray<Field>, change: (field: Field) => Field) => {
  const [first, ...others] = fields
  if (first === undefined) return undefined
  const changed = change(first)
  return Equal.equals(first, changed) ? undefined : ([[changed, ...others], changed.name] as const)
}
const without = <A extends object, Key extends keyof A>(value: A, key: Key): Omit<A, Key> => {
  const { [key]: _, ...rest } = value
  return rest
}
const other = (type: Arg.TypeDescription): Arg.TypeDescription =>
  type.kind === "boolean" ? { kind: "timestamp" } : { kind: "boolean" }

const mutations: Readonly<Record<string, Mutation>> = {
  "another id": onWhole("id", "compatible", ({ id }) => ({ id: `${id}x` })),
  "another version": onWhole("version", "compatible", ({ version }) => ({ version: `${version}x` })),
  "another build": onWhole("build", "compatible", ({ build }) => ({ build: `${build}x` })),
  "another protocol": onWhole("protocol", undefined, ({ protocol }) => ({
    protocol: protocol === "4.0" ? "5.0" : "4.0"
  })),
  "a request less": (contract) => {
    const [first, ...others] = contract.requests
    return (
      first && {
        contract: { ...contract, requests: others },
        kind: "removed",
        impact: "breaking",
        subject: { _tag: "Request", request: first.name }
      }
    )
  },
  "a request more": (contract) => ({
    contract: { ...contract, requests: [...contract.requests, { kind: "raw", name: "added", doc: "", usage: "" }] },
    kind: "added",
    impact: "compatible",
    subject: { _tag: "Request", request: "added" }
  }),
  "a sensor less": (contract) => {
    const [first, ...others] = contract.sensors
    return (
      first && {
        contract: { ...contract, sensors: others },
        kind: "removed",
        impact: "breaking",
        subject: { _tag: "Sensor", sensor: first.name }
      }
    )
  },
  "a sensor more": (contract) => ({
    contract: {
      ...contract,
      sensors: [...contract.sensors, { name: "added", doc: "", units: "", type: { kind: "float" } }]
    },
    kind: "added",
    impact: "compatible",
    subject: { _tag: "Sensor", sensor: "added" }
  }),
  "another doc": onRequest(any, "doc", "compatible", (request) => ({ ...request, doc: `${request.doc}x` })),
  "another usage": onRequest(raw, "usage", "compatible", (request) => ({ ...request, usage: `${request.usage}x` })),
  "another hint": onRequest(any, "timeout-hint", "compatible", (request) => ({
    ...request,
    timeoutHint: (request.timeoutHint ?? 0) + 1
  })),
  "no hint": onRequest(any, "timeout-hint", "compatible", (request) =>
    request.timeoutHint === undefined ? undefined : (without(request, "timeoutHint") as Request)
  ),
  "another order": onRequest(any, "concurrency", "compatible", (request) => ({
    ...request,
    concurrency: request.concurrency === "serial" ? "concurrent" : "serial"
  })),
  "more of the protocol": onRequest(any, "requires", undefined, (request) => ({ ...request, requires: "5.1-BIMTx" })),
  "another place in lists": onRequest(any, "hidden", "compatible", (request) => ({
    ...request,
    hidden: request.hidden !== true
  })),
  "more of the client": onRequest(any, "role", "breaking", (request) =>
    request.role === "admin" ? undefined : { ...request, role: "admin" }
  ),
  "less of the client": onRequest(any, "role", "compatible", (request) =>
    request.role === "read" ? undefined : { ...request, role: "read" }
  ),
  "no types any more": onRequest(typed, "signature", "breaking", ({ doc, name }) => ({
    kind: "raw",
    name,
    doc,
    usage: ""
  })),
  types: onRequest(raw, "signature", "breaking", ({ doc, name }) => ({
    kind: "typed",
    name,
    doc,
    args: [],
    reply: [],
    informs: []
  })),
  "an argument more": onList("args", "added", "breaking", (fields) => withLast(fields, added)),
  "an optional argument more": onList("args", "added", "compatible", (fields) => withLast(fields, optional)),
  "an argument less": onList("args", "removed", "breaking", withoutLast),
  "a value more": onList("reply", "added", "breaking", (fields) => withLast(fields, optional)),
  "a value less": onList("reply", "removed", undefined, withoutLast),
  "a value of informs more": onList("informs", "added", "breaking", (fields) => withLast(fields, optional)),
  "a value of informs less": onList("informs", "removed", undefined, withoutLast),
  "an argument of another type": onList("args", "type", undefined, (fields) =>
    withFirst(fields, (field) => ({ ...without(field, "default"), type: other(field.type) }))
  ),
  "a value of another type": onList("reply", "type", undefined, (fields) =>
    withFirst(fields, (field) => ({ ...without(field, "default"), type: other(field.type) }))
  ),
  "an argument of another name": onList("args", "renamed", "compatible", (fields) =>
    withFirst(fields, (field) => ({ ...field, name: "another" }))
  ),
  "no default": onList("args", "default", "compatible", (fields) =>
    withFirst(fields, (field) => without(field, "default"))
  ),
  "the last need not be there": onList("args", "presence", "compatible", (fields) => {
    const last = fields.at(-1)
    return last !== undefined && isRequired(last)
      ? [[...fields.slice(0, -1), { ...last, presence: "optional" }], last.name]
      : undefined
  }),
  "another doc of a sensor": onSensor("doc", "compatible", (sensor) => ({ ...sensor, doc: `${sensor.doc}x` })),
  "other units": onSensor("units", "breaking", (sensor) => ({ ...sensor, units: `${sensor.units}x` })),
  "a sensor of another type": onSensor("type", "breaking", ({ doc, name, type, units }) => ({
    name,
    doc,
    units,
    type: Arg.fromDescription(type).sensorType === "boolean" ? { kind: "lru" } : { kind: "boolean" }
  })),
  "another beginning": onSensor("initial", "compatible", (sensor) => ({
    ...sensor,
    initial: { value: "another", status: "failure" }
  })),
  "other ranges": (contract) => {
    const sensor = contract.sensors.find(({ nominal, warn }) => nominal !== undefined && warn !== undefined)
    return (
      sensor && {
        contract: {
          ...contract,
          sensors: contract.sensors.map((one) => (one === sensor ? without(one, "warn") : one))
        },
        kind: "warn-range",
        impact: "compatible",
        subject: { _tag: "Sensor", sensor: sensor.name }
      }
    )
  }
}

describe("compare", () => {
  it.prop(
    "finds nothing between a contract and itself",
    { contract: contracts },
    ({ contract }) => {
      const copy: Contract = JSON.parse(JSON.stringify(contract))
      assert.deepStrictEqual(Interface.compare(contract, copy), [])
    },
    options
  )

  for (const [name, mutate] of Object.entries(mutations)) {
    // of the contracts only those that can be changed so
    const changed = Arbitrary.filterMap(contracts, (contract) => {
      const mutant = mutate(contract)
      return mutant === undefined ? Result.fail(undefined) : Result.succeed({ contract, mutant })
    })
    it.prop(
      `finds ${name}, and no other breaking change`,
      { changed },
      ({ changed: { contract, mutant } }) => {
        const { impact, kind, subject } = mutant
        const changes = Interface.compare(contract, mutant.contract)
        const found = changes.find((change) => change.kind === kind && Equal.equals(change.subject, subject))
        if (found === undefined) return assert.fail(`not among these:\n${Interface.formatChanges(changes)}`)
        if (impact !== undefined) assert.strictEqual(found.impact, impact)
        if (impact === "compatible" && name !== "an argument of another name")
          assert.deepStrictEqual(changes.filter(Interface.isBreaking), [])
        // and back
        assert.isAbove(Interface.compare(mutant.contract, contract).length, 0)
      },
      options
    )
  }
})
