import * as Schema from "effect/Schema"
import { Arg } from "../../Codec/index.ts"
import { Status } from "../../Sensor/index.ts"
import { faultsOf } from "./fromDescription.ts"

const ProtocolText = Schema.String.check(
  Schema.isPattern(/^\d{1,9}\.\d{1,9}(?:-[A-Za-z0-9]*)?$/, { message: "expected a protocol like 5.1-BIMT" })
)

const Field = Schema.Struct({
  /** The name of the argument. The order of the fields is that of the wire. */
  name: Schema.String,
  type: Arg.TypeDescription,
  /** Absent for a required argument. `rest`: any number from here on. */
  presence: Schema.optionalKey(Schema.Literals(["optional", "rest"])),
  /** The value of an optional argument if it is omitted. */
  default: Schema.optionalKey(Arg.WireValue)
})

const common = {
  /** The name on the wire. */
  name: Schema.String,
  /** A description for people. */
  doc: Arg.AnyText,
  /** The longest time it should take, in seconds (Rev 5.1 §5). */
  timeoutHint: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
  /** `serial` if the client's next requests wait until it is done. Absent: the server's default. */
  concurrency: Schema.optionalKey(Schema.Literals(["concurrent", "serial"])),
  /** The version and flags that a server needs for it. Absent: any. */
  requires: Schema.optionalKey(ProtocolText),
  /** `true` if lists omit it. Absent: `false`. */
  hidden: Schema.optionalKey(Schema.Boolean),
  /** The role that a client needs. Absent: the role of the standard request of this name, otherwise `control`. */
  role: Schema.optionalKey(Schema.Literals(["read", "control", "admin"]))
}

const Request = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("typed"),
    ...common,
    args: Schema.Array(Field),
    /** The arguments after `ok`. */
    reply: Schema.Array(Field),
    /** The arguments of each inform before the reply. */
    informs: Schema.Array(Field)
  }),
  Schema.Struct({
    kind: Schema.Literal("raw"),
    ...common,
    /** The synopsis, for people: `?track az el [name]`. */
    usage: Arg.AnyText
  })
])

const Range = Schema.Tuple([Arg.Limit, Arg.Limit])

const Sensor = Schema.Struct({
  name: Arg.AnyText,
  /** A description for people. */
  doc: Arg.AnyText,
  /** Empty without units. */
  units: Arg.AnyText,
  type: Arg.TypeDescription,
  /** The range of nominal values. */
  nominal: Schema.optionalKey(Range),
  /** The range of values that are at worst `warn`. */
  warn: Schema.optionalKey(Range),
  /** The initial reading. Absent: the type's initial value, and `unknown`. */
  initial: Schema.optionalKey(Schema.Struct({ value: Arg.WireValue, status: Status }))
})

const Device = Schema.Struct({
  /** The components besides the protocol and the contract, as in `?version-list`. */
  versions: Schema.Array(
    Schema.Struct({ name: Arg.AnyText, version: Arg.AnyText, build: Schema.optionalKey(Arg.AnyText) })
  ),
  /** The standard requests that it answers. */
  standard: Schema.Array(Arg.AnyText),
  /** Malformed parts of its answers, and how they were handled. */
  notes: Schema.Array(Arg.AnyText)
})

/**
 * A contract as plain JSON: the result of `describe`, the input of `fromDescription`, and the content of files.
 * `format` is the version of the form; a version that old readers would misread has another number. Docs and names are
 * text, types `Arg.TypeDescription`, and values have their wire form of version 5. Text with bytes that are not UTF-8
 * is `{ "base64": … }` in JSON, see `Arg.AnyText`.
 *
 * @example
 * ```ts
 * import { Interface } from "katcp"
 * import * as Schema from "effect/Schema"
 *
 * const read = Schema.decodeUnknownEffect(Schema.fromJsonString(Interface.ContractDescription))
 * export const contract = read('{"format":"katcp-contract-1","id":"a","version":"a-1","build":"a-1","requests":[],"sensors":[]}')
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const ContractDescription = Schema.Struct({
  format: Schema.Literal("katcp-contract-1"),
  /** The name of the contract. */
  id: Arg.AnyText,
  /** The version of the interface, and the version and build of its implementation (Rev 5.1 §4.2). */
  version: Arg.AnyText,
  build: Arg.AnyText,
  /** The protocol; absent if it is open. */
  protocol: Schema.optionalKey(ProtocolText),
  requests: Schema.Array(Request),
  sensors: Schema.Array(Sensor),
  /** Facts that only a running device reports; absent if no device was asked. */
  device: Schema.optionalKey(Device)
}).check(Schema.makeFilter((description) => faultsOf(description)))

/**
 * A contract as plain JSON.
 *
 * @category models
 * @since 0.1.0
 */
export type ContractDescription = typeof ContractDescription.Type

/**
 * A request in a description: with its signature (`typed`), or without (`raw`).
 *
 * @category models
 * @since 0.1.0
 */
export type RequestDescription = typeof Request.Type

/**
 * An argument in a description, of a request, a reply or an inform.
 *
 * @category models
 * @since 0.1.0
 */
export type FieldDescription = typeof Field.Type

/**
 * A sensor in a description.
 *
 * @category models
 * @since 0.1.0
 */
export type SensorDescription = typeof Sensor.Type
