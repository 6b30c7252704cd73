import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Arg, type Dialect, type ParsedMessage } from "../Codec/index.ts"
import { type DeviceShape, Request, type ServedRequest } from "../Interface/index.ts"
import {
  type ArgumentValue,
  expectValue,
  formatArgument,
  type Protocol,
  type RequestFailed,
  type RequestInvalid
} from "../Message/index.ts"
import type { Job } from "./Job.ts"
import type { Session } from "./Session.ts"

/** When a request holds back the next ones of its client. */
export type Holds = "always" | "without id" | "never"

/** What a handler answers with; undefined where it has answered by itself. */
type Answer = Effect.Effect<unknown, unknown> | undefined

/** A request that a server answers. */
export interface Entry {
  readonly name: string
  readonly request: Request.Any
  /**
   * Whether the client's next requests wait until it is done: `always`, `never`, or only if it has no id, since replies
   * without ids are told apart by their order alone (P-056, Q-24).
   */
  readonly holds: Holds
  /** Replaced when the server stops. */
  handle: (message: ParsedMessage, job: Job) => Answer
  /** The arguments of its reply or informs. */
  readonly encode: (
    kind: "reply" | "inform",
    values: unknown,
    dialect: Dialect.Dialect
  ) => ReadonlyArray<string | Uint8Array> | Arg.Invalid
  /** How often it was made. */
  count: number
}

/** The requests that a server answers, by name. */
export type RequestTable = ReadonlyMap<string, Entry>

// biome-ignore lint/suspicious/noExplicitAny: the contract has checked it
type Handler = (args: any, context: any) => Effect.Effect<unknown, unknown>

const ok: ReadonlyArray<string> = ["ok"]
const notArguments = new Arg.Invalid("expected a list of text, numbers, booleans and bytes")

/** The entry of a request of the contract. */
export const fromContract = (request: Request.Any, handler: Handler, holds: Holds): Entry => {
  const { name } = request
  // from code without types a handler may give anything
  const call = (args: unknown, job: Job): Effect.Effect<unknown, unknown> => {
    const effect: unknown = handler(args, job)
    if (Effect.isEffect(effect)) return effect as Effect.Effect<unknown, unknown>
    throw new TypeError(`the handler of ?${name} gave no Effect`)
  }
  if (request._tag === "RawRequest")
    return {
      name,
      request,
      holds,
      handle: (message, job) => call(message.own(), job),
      encode: (_, values) => {
        const list = Array.isArray(values) ? (values as ReadonlyArray<ArgumentValue>).map(formatArgument) : [undefined]
        // nothing that cannot be written may get as far as the encoder
        return list.every((argument) => argument instanceof Uint8Array) ? list : notArguments
      },
      count: 0
    }
  const { args, informs, reply } = request
  return {
    name,
    request,
    holds,
    handle: (message, job) => {
      const values = args.decode(message, 0, job.session.dialect)
      if (values instanceof Arg.Invalid) return job.refuse("fail", values.message) as undefined
      return call(values, job)
    },
    encode: (kind, values, dialect) => {
      if (kind === "inform") return informs.encode(values as Record<string, unknown>, dialect)
      if (reply.maximum === 0) return ok
      const list = reply.encode((values ?? {}) as Record<string, unknown>, dialect)
      return list instanceof Arg.Invalid ? list : ["ok", ...list]
    },
    count: 0
  }
}

/** The entry of a request that the server itself answers: it writes its reply, at once or in the effect it gives. */
export const standard = (
  request: Request.Any & { readonly _tag: "Request" },
  // biome-ignore lint/suspicious/noExplicitAny: its request says what it takes
  answer: (session: Session, id: number | undefined, args: any, job: Job) => Answer | void
): Entry => ({
  name: request.name,
  request,
  holds: "without id",
  handle: (message, job) => {
    const values = request.args.decode(message, 0, job.session.dialect)
    if (values instanceof Arg.Invalid) return job.refuse("fail", values.message) as undefined
    return answer(job.session, job.id, values, job) ?? undefined
  },
  encode: () => ok,
  count: 0
})

/** What stands for a request that nobody knows. */
export const unknown = (name: string): Request.RawRequest<string> => Request.raw(name, { doc: "" })

/** The entry of a request that is answered with a failure, whatever its arguments. */
export const refusing = (name: string, code: "fail" | "invalid", text: string): Entry => ({
  name,
  request: unknown(name),
  holds: "without id",
  handle: (_, job) => job.refuse(code, text) as undefined,
  encode: () => ok,
  count: 0
})

/** What a request comes to, as an effect that is done when the reply is out. It fails as the handler does. */
export const handled = (
  entry: Entry,
  message: ParsedMessage,
  job: Job
): Effect.Effect<void, RequestFailed | RequestInvalid> =>
  Effect.suspend(() => {
    const effect = entry.handle(message, job) as Effect.Effect<unknown, RequestFailed | RequestInvalid> | undefined
    if (effect !== undefined)
      return Effect.map(effect, (values) => {
        if (!job.replied) job.reply(values)
      })
    // it has answered by itself
    job.replied = true
    return Effect.void
  })

/** The entry with what its handler logs annotated by who asks for what (B-132). */
export const annotated = (entry: Entry): Entry => ({
  ...entry,
  handle: (message, job) => {
    const effect = entry.handle(message, job)
    return effect === undefined || Exit.isExit(effect)
      ? effect
      : Effect.annotateLogs(effect, { client: job.session.address, request: entry.name })
  }
})

/** Informs that a server sends on its own; no request may have their names (Rev 5.1 §2.3, P-062). */
const ownInforms = (protocol: Protocol): ReadonlyArray<string> => [
  "disconnect",
  "log",
  "sensor-status",
  ...(protocol.multiClient ? ["client-connected"] : []),
  ...(protocol.major >= 5 ? ["version-connect", "interface-changed"] : ["version", "build-state"])
]

/** What a contract or the server's options say of it; requests without ids stay in order unless they say otherwise. */
export const holdsBy = (concurrency: Request.Concurrency | undefined): Holds =>
  concurrency === undefined ? "without id" : concurrency === "serial" ? "always" : "never"

/**
 * The entry of a request that a device has; undefined if it needs another protocol than the server's. Throws a `TypeError`
 * if it has the name of an inform that the server sends on its own, or no handler.
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
  expectValue(`the handler of ?${name}`, typeof handler === "function", "a function that gives an Effect", handler)
  return fromContract(request, handler, holdsBy(request.concurrency ?? concurrency))
}

/** The options that the entries of requests depend on. */
export interface TableOptions {
  readonly protocol: Protocol
  readonly concurrency?: Request.Concurrency | undefined
}

/**
 * The table of a device: the standard requests, with the contract's own in front of them, and those that were added
 * already. Throws like {@link entryOf}.
 */
export const make = (
  { handlers, requests: live }: DeviceShape,
  requests: ReadonlyMap<string, Request.Any>,
  standards: ReadonlyArray<Entry>,
  options: TableOptions
): Map<string, Entry> => {
  const table = new Map<string, Entry>()
  // each server counts for itself
  for (const entry of standards) table.set(entry.name, { ...entry })
  for (const [name, request] of requests) {
    // one that has a handler and is not there was removed
    const handler = (handlers as Record<string, Handler | undefined>)[name]
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
