import * as Schema from "effect/Schema"
import { Arg } from "../../Codec/index.ts"
import { Status } from "../../Sensor/index.ts"
import { faultsOf } from "./fromDescription.ts"

const ProtocolText = Schema.String.check(
  Schema.isPattern(/^\d{1,9}\.\d{1,9}(?:-[A-Za-z0-9]*)?$/, { message: "expected a protocol like 5.1-BIMT" })
)

const Field = Schema.Struct({
  /** What the argument is called. The order of the fields is that of the wire. */
  name: Schema.String,
  type: Arg.TypeDescription,
  /** Absent where the argument must be there; `rest`: any number from here on. */
  presence: Schema.optionalKey(Schema.Literals(["optional", "rest"])),
  /** What an optional argument is where it is left out. */
  default: Schema.optionalKey(Arg.WireValue)
})

const common = {
  /** The name on the wire. */
  name: Schema.String,
  /** What it does, for people. */
  doc: Arg.AnyText,
  /** How long it may take, in seconds (Rev 5.1 §5). */
  timeoutHint: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Whether it holds back the client's next requests until it is done; absent: as the server has it. */
  concurrency: Schema.optionalKey(Schema.Literals(["concurrent", "serial"])),
  /** What a server must speak to have it; absent: anything. */
  requires: Schema.optionalKey(ProtocolText),
  /** Whether lists leave it out; absent: they do not. */
  hidden: Schema.optionalKey(Schema.Boolean),
  /** The role that a client needs; absent: that of the standard request of this name, else `control`. */
  role: Schema.optionalKey(Schema.Literals(["read", "control", "admin"]))
}

const Request = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("typed"),
    ...common,
    args: Schema.Array(Field),
    /** What stands behind `ok`. */
    reply: Schema.Array(Field),
    /** The arguments of each inform before the reply. */
    informs: Schema.Array(Field)
  }),
  Schema.Struct({
    kind: Schema.Literal("raw"),
    ...common,
    /** How it is written, for people: `?track az el [name]`. */
    usage: Arg.AnyText
  })
])

const Range = Schema.Tuple([Arg.Limit, Arg.Limit])

const Sensor = Schema.Struct({
  name: Arg.AnyText,
  /** What it is, for people. */
  doc: Arg.AnyText,
  /** Empty where there are none. */
  units: Arg.AnyText,
  type: Arg.TypeDescription,
  /** Where its values are nominal. */
  nominal: Schema.optionalKey(Range),
  /** Where its values are not worse than `warn`. */
  warn: Schema.optionalKey(Range),
  /** What it begins with; absent: with what its type begins with, and `unknown`. */
  initial: Schema.optionalKey(Schema.Struct({ value: Arg.WireValue, status: Status }))
})

const Device = Schema.Struct({
  /** The roles and components beside the protocol and the contract, as `?version-list` tells them. */
  versions: Schema.Array(
    Schema.Struct({ name: Arg.AnyText, version: Arg.AnyText, build: Schema.optionalKey(Arg.AnyText) })
  ),
  /** Which of the standard's own requests it answers. */
  standard: Schema.Array(Arg.AnyText),
  /** What of its answers made no sense, and what became of that. */
  notes: Schema.Array(Arg.AnyText)
})

/**
 * A contract as plain JSON: what `describe` gives, `fromDescription` takes, and files hold. `format` names the version
 * of the form; a later version that old readers would misread has another. Docs and names are text, types
 * `Arg.TypeDescription`, values as they stand on the wire of version 5. Text with bytes that are not UTF-8 is
 * `{ "base64": … }` in JSON, see `Arg.AnyText`.
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
  /** What the contract is called. */
  id: Arg.AnyText,
  /** The version of the interface, and the version and build of its implementation (Rev 5.1 §4.2). */
  version: Arg.AnyText,
  build: Arg.AnyText,
  /** What is spoken; absent where that is open. */
  protocol: Schema.optionalKey(ProtocolText),
  requests: Schema.Array(Request),
  sensors: Schema.Array(Sensor),
  /** What only a running device tells; absent where none was asked. */
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
