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
  /** A description for people. The first line is the short form in the list of `?help`. */
  readonly doc: string
  /** Its arguments. */
  readonly args: ArgumentList.ArgumentList<In>
  /** The arguments of the reply after `ok`. */
  readonly reply: ArgumentList.ArgumentList<Out>
  /** The arguments of the informs that come before the reply (Rev 5.1 §2.3). */
  readonly informs: ArgumentList.ArgumentList<Inform>
  /** The longest time it should take, in seconds, or `undefined` without a hint (Rev 5.1 §5). */
  readonly timeoutHint: number | undefined
  /** `serial` if the client's next requests wait until it is done; `undefined` for the server's default (Q-24). */
  readonly concurrency: Concurrency | undefined
  /** The version and flags that a server needs for it; `undefined` for any. */
  readonly requires: Protocol | undefined
  /** `true` if the lists of `?help` and `?request-timeout-hint` omit it. */
  readonly hidden: boolean
  /**
   * The role that a client needs; `undefined` for the role of the standard request of this name, otherwise `control`.
   */
  readonly role: RequestRole | undefined
}

/**
 * A request whose handler receives the message and returns all arguments of the reply, including the return code.
 *
 * @category models
 * @since 0.1.0
 */
export interface RawRequest<out Name extends string> {
  readonly _tag: "RawRequest"
  /** The name on the wire. */
  readonly name: Name
  /** A description for people. */
  readonly doc: string
  /** The synopsis, for people: `raw-reverse [arg ...]`. */
  readonly usage: string
  /** The longest time it should take, in seconds, or `undefined` without a hint (Rev 5.1 §5). */
  readonly timeoutHint: number | undefined
  /** `serial` if the client's next requests wait until it is done. */
  readonly concurrency: Concurrency | undefined
  /** The version and flags that a server needs for it. */
  readonly requires: Protocol | undefined
  /** `true` if the lists of `?help` and `?request-timeout-hint` omit it. */
  readonly hidden: boolean
  /**
   * The role that a client needs; `undefined` for the role of the standard request of this name, otherwise `control`.
   */
  readonly role: RequestRole | undefined
}

/**
 * The concurrency of a client's requests: at the same time, or one after another (Q-24).
 *
 * @category models
 * @since 0.1.0
 */
export type Concurrency = "concurrent" | "serial"

/**
 * A request with any arguments.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: any request whatever
export type Any = Request<string, any, any, any> | RawRequest<string>

/**
 * The request with the given name among several.
 *
 * @category models
 * @since 0.1.0
 */
export type Named<R extends Any, Name extends string> = Extract<R, { readonly name: Name }>

/**
 * The arguments that a handler receives.
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
 * The arguments that a caller passes.
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
 * The reply that a caller receives.
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
 * The reply that a handler returns.
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
 * Each inform that a caller receives.
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
 * Each inform that a handler sends.
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
  /** A description for people. The first line is the short form. */
  readonly doc: string
  /** The longest time it should take, sent to clients by `?request-timeout-hint` (Rev 5.1 §5). None by default. */
  readonly timeoutHint?: Duration.Input | undefined
  /**
   * `serial`: the client's next requests wait until this one is done. `concurrent`: they never wait. The server's
   * default: they wait if this one has no id.
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
   * The role that a client needs for this request (see the server's option `access`): `read` for requests that change
   * nothing, `admin` for requests that few clients may make. Default: the role of the standard request of this name,
   * otherwise `control`.
   */
  readonly role?: RequestRole | undefined
}

/**
 * Describes a request. The order of the keys of `args`, `reply` and `informs` is the order on the wire. Throws a
 * `TypeError` for a bad name, for options without `doc`, for a `timeoutHint` that is not a duration, and for ambiguous
 * lists of arguments (see `ArgumentList.make`).
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
 * Returns the synopsis of a request: `?track az el [name]` (Rev 5.1 §4.1).
 *
 * @category documentation
 * @since 0.1.0
 */
export const usage = (request: Any): string =>
  request._tag === "RawRequest"
    ? request.usage
    : `?${request.name}${request.args.usage === "" ? "" : ` ${request.args.usage}`}`

/**
 * Returns the text of `?help` for a request: its description and synopsis; in the list of all requests, only the first
 * line of the description (Rev 5.1 §4.1). The first line names the role in the contract if it is above the usual one.
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
    throw new TypeError(`${JSON.stringify(name)} is not a request name: use a letter, then letters, digits and "-"`)
  return name
}

const seconds = (call: string, hint: Duration.Input | undefined): number | undefined =>
  hint === undefined ? undefined : Duration.toSeconds(expectDuration(`${call}: timeoutHint`, hint))
