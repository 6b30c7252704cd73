/**
 * The description of a request: its arguments, reply and informs (Rev 5.1 §2, §4.1).
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { ArgumentList } from "../Codec/index.ts"
import {
  type ArgumentValue,
  expectDuration,
  expectOptions,
  isName,
  type Message,
  type Protocol
} from "../Message/index.ts"
import { type RequestRole, roleText } from "./Role.ts"

/**
 * A request with typed arguments.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request<
  out Name extends string,
  in out In extends ArgumentList.Fields,
  in out Out extends ArgumentList.Fields,
  in out Inform extends ArgumentList.Fields
> {
  readonly _tag: "Request"
  /** The name on the wire. */
  readonly name: Name
  /** What it does, for people; the first line is the short form that `?help` lists. */
  readonly doc: string
  /** Its arguments. */
  readonly args: ArgumentList.ArgumentList<In>
  /** What stands behind `ok` in the reply. */
  readonly reply: ArgumentList.ArgumentList<Out>
  /** The arguments of the informs that come before the reply (Rev 5.1 §2.3). */
  readonly informs: ArgumentList.ArgumentList<Inform>
  /** How long it may take, in seconds; undefined where it has no hint (Rev 5.1 §5). */
  readonly timeoutHint: number | undefined
  /** Whether it holds back the client's next requests until it is done; undefined: as the server has it (Q-24). */
  readonly concurrency: Concurrency | undefined
  /** What a server must speak to have it: at least that version, and all its flags; undefined: anything. */
  readonly requires: Protocol | undefined
  /** Whether it is left out of the lists of `?help` and `?request-timeout-hint`. */
  readonly hidden: boolean
  /** The role that a client needs for it; undefined: that of the standard request of this name, else `control`. */
  readonly role: RequestRole | undefined
}

/**
 * A request whose handler gets the message and gives all arguments of the reply, the return code among them.
 *
 * @category models
 * @since 0.1.0
 */
export interface RawRequest<out Name extends string> {
  readonly _tag: "RawRequest"
  /** The name on the wire. */
  readonly name: Name
  /** What it does, for people. */
  readonly doc: string
  /** How it is written, for people: `raw-reverse [arg ...]`. */
  readonly usage: string
  /** How long it may take, in seconds; undefined where it has no hint (Rev 5.1 §5). */
  readonly timeoutHint: number | undefined
  /** Whether it holds back the client's next requests until it is done. */
  readonly concurrency: Concurrency | undefined
  /** What a server must speak to have it. */
  readonly requires: Protocol | undefined
  /** Whether it is left out of the lists of `?help` and `?request-timeout-hint`. */
  readonly hidden: boolean
  /** The role that a client needs for it; undefined: that of the standard request of this name, else `control`. */
  readonly role: RequestRole | undefined
}

/**
 * Whether requests of one client run at the same time, or each waits for the one before (Q-24).
 *
 * @category models
 * @since 0.1.0
 */
export type Concurrency = "concurrent" | "serial"

/**
 * Any request, whatever its arguments.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: any request whatever
export type Any = Request<string, any, any, any> | RawRequest<string>

/**
 * The one among several requests that has the name.
 *
 * @category models
 * @since 0.1.0
 */
export type Named<R extends Any, Name extends string> = Extract<R, { readonly name: Name }>

/**
 * What a handler gets as arguments.
 *
 * @category models
 * @since 0.1.0
 */
export type Arguments<R extends Any> =
  // biome-ignore lint/suspicious/noExplicitAny: the others do not matter here
  R extends Request<string, infer In, any, any>
    ? ArgumentList.Decoded<In>
    : R extends RawRequest<string>
      ? Message
      : never

/**
 * What a caller gives as arguments.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<R extends Any> =
  // biome-ignore lint/suspicious/noExplicitAny: the others do not matter here
  R extends Request<string, infer In, any, any>
    ? ArgumentList.Input<In>
    : R extends RawRequest<string>
      ? ReadonlyArray<ArgumentValue>
      : never

/**
 * What a caller gets as reply.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply<R extends Any> =
  // biome-ignore lint/suspicious/noExplicitAny: the others do not matter here
  R extends Request<string, any, infer Out, any>
    ? ArgumentList.Decoded<Out>
    : R extends RawRequest<string>
      ? { readonly reply: Message }
      : never

/**
 * What a handler gives as reply.
 *
 * @category models
 * @since 0.1.0
 */
export type ReplyInput<R extends Any> =
  // biome-ignore lint/suspicious/noExplicitAny: the others do not matter here
  R extends Request<string, any, infer Out, any>
    ? ArgumentList.Input<Out>
    : R extends RawRequest<string>
      ? ReadonlyArray<ArgumentValue>
      : never

/**
 * What a caller gets for each inform.
 *
 * @category models
 * @since 0.1.0
 */
export type Inform<R extends Any> =
  // biome-ignore lint/suspicious/noExplicitAny: the others do not matter here
  R extends Request<string, any, any, infer Inform>
    ? ArgumentList.Decoded<Inform>
    : R extends RawRequest<string>
      ? Message
      : never

/**
 * What a handler gives for an inform.
 *
 * @category models
 * @since 0.1.0
 */
export type InformInput<R extends Any> =
  // biome-ignore lint/suspicious/noExplicitAny: the others do not matter here
  R extends Request<string, any, any, infer Inform>
    ? ArgumentList.Input<Inform>
    : R extends RawRequest<string>
      ? ReadonlyArray<ArgumentValue>
      : never

/** No fields. */
type None = Record<never, never>

interface Common {
  /** What it does, for people. The first line is the short form. */
  readonly doc: string
  /** How long it may take: told to clients by `?request-timeout-hint` (Rev 5.1 §5). None by default. */
  readonly timeoutHint?: Duration.Input | undefined
  /**
   * `serial`: the client's next requests wait until this one is done. `concurrent`: they never do. By default as the
   * server has it: they wait if this one has no id.
   */
  readonly concurrency?: Concurrency | undefined
  /** The version and flags that a server must speak to have this request: `Protocol.make(5, 1, "T")`. Any by default. */
  readonly requires?: Protocol | undefined
  /**
   * `true` leaves the request out of the lists of `?help` and `?request-timeout-hint`, for maintenance. The request is still
   * served, and `?help` with its name describes it: use `role` to protect it. Default `false`.
   */
  readonly hidden?: boolean | undefined
  /**
   * The role that a client needs for this request (see the server's option `access`): `read` for one that changes nothing,
   * `admin` for one that only few may make. Default: the role of the standard request of this name, else `control`.
   */
  readonly role?: RequestRole | undefined
}

/**
 * Describes a request. The order of the keys of `args`, `reply` and `informs` is the order on the wire. Throws a
 * `TypeError` for a bad name, for options without `doc`, for a `timeoutHint` that is not a duration, and for lists of arguments that could not be read back (see `ArgumentList.make`).
 *
 * @example
 * ```ts
 * import { Arg, Request } from "katcp"
 *
 * export const track = Request.make("track", {
 *   doc: "Point at a place.",
 *   args: { az: Arg.Float, el: Arg.Float, name: Arg.optional(Arg.Text) },
 *   reply: { eta: Arg.Float },
 *   timeoutHint: "30 seconds"
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  const Name extends string,
  In extends ArgumentList.Fields = None,
  Out extends ArgumentList.Fields = None,
  Inform extends ArgumentList.Fields = None
>(
  name: Name,
  options: Common & { readonly args?: In; readonly reply?: Out; readonly informs?: Inform }
): Request<Name, In, Out, Inform> => {
  const call = `Request.make(${JSON.stringify(name)})`
  expectOptions(call, options, ["doc"])
  return {
    _tag: "Request",
    name: checked(name),
    doc: options.doc,
    args: ArgumentList.make(options.args ?? ({} as In)),
    reply: ArgumentList.make(options.reply ?? ({} as Out)),
    informs: ArgumentList.make(options.informs ?? ({} as Inform)),
    timeoutHint: seconds(call, options.timeoutHint),
    concurrency: options.concurrency,
    requires: options.requires,
    hidden: options.hidden ?? false,
    role: options.role
  }
}

/**
 * Describes a request that is handled as a message: for gateways, and for requests whose reply has no return code.
 * Throws a `TypeError` for a bad name.
 *
 * @category constructors
 * @since 0.1.0
 */
export const raw = <const Name extends string>(
  name: Name,
  options: Common & { readonly usage?: string | undefined }
): RawRequest<Name> => {
  const call = `Request.raw(${JSON.stringify(name)})`
  expectOptions(call, options, ["doc"])
  return {
    _tag: "RawRequest",
    name: checked(name),
    doc: options.doc,
    usage: options.usage ?? `?${name} [argument ...]`,
    timeoutHint: seconds(call, options.timeoutHint),
    concurrency: options.concurrency,
    requires: options.requires,
    hidden: options.hidden ?? false,
    role: options.role
  }
}

/**
 * How a request is written: `?track az el [name]` (Rev 5.1 §4.1).
 *
 * @category documentation
 * @since 0.1.0
 */
export const usage = (request: Any): string =>
  request._tag === "RawRequest"
    ? request.usage
    : `?${request.name}${request.args.usage === "" ? "" : ` ${request.args.usage}`}`

/**
 * The text that `?help` gives for a request: what it does and how it is written; in the list of all only the first
 * line of what it does (Rev 5.1 §4.1). The first line tells the role that the contract states, if that is higher than the usual one.
 *
 * @category documentation
 * @since 0.1.0
 */
export const help = (request: Any, form: "short" | "long"): string => {
  const [line = ""] = request.doc.split("\n", 1)
  const role = roleText(request)
  // the help of a request that is passed on tells it already
  const told = role === "" || line.includes(role) ? line : `${line} ${role}`
  return form === "short"
    ? `${told} Usage: ${usage(request)}`
    : `${told}${request.doc.slice(line.length)}\nUsage: ${usage(request)}`
}

const checked = <Name extends string>(name: Name): Name => {
  if (!isName(name))
    throw new TypeError(`${JSON.stringify(name)} is no request name: a letter, then letters, digits and "-"`)
  return name
}

const seconds = (call: string, hint: Duration.Input | undefined): number | undefined =>
  hint === undefined ? undefined : Duration.toSeconds(expectDuration(`${call}: timeoutHint`, hint))
