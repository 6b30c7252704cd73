import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Arg, type Dialect, type ParsedMessage } from "../../Codec/index.ts"
import { Request } from "../../Interface/index.ts"
import { type ArgumentValue, formatArgument, type RequestFailed, type RequestInvalid } from "../../Message/index.ts"
import type { RequestInFlight } from "./RequestInFlight.ts"

/** The cases in which a request delays the next ones of its client. */
export type Holds = "always" | "without id" | "never"

/** The effect that returns the values of the reply; `undefined` if the handler has answered synchronously. */
type Answer = Effect.Effect<unknown, unknown> | undefined

/** A request that a server answers. */
export interface Entry {
  readonly name: string
  readonly request: Request.Any
  /**
   * The cases in which the client's next requests wait until this one is done: `always`, `never`, or only without an
   * id, because replies without ids are matched only by their order (P-056, Q-24).
   */
  readonly holds: Holds
  /** Replaced when the server stops. */
  handle: (message: ParsedMessage, request: RequestInFlight) => Answer
  /** Encodes the arguments of its reply or informs. */
  readonly encode: (
    kind: "reply" | "inform",
    values: unknown,
    dialect: Dialect.Dialect
  ) => ReadonlyArray<string | Uint8Array> | Arg.Invalid
  /** The number of times it was requested. */
  count: number
}

/** The requests that a server answers, by name. */
export type RequestTable = ReadonlyMap<string, Entry>

// biome-ignore lint/suspicious/noExplicitAny: the contract has checked it
export type AnyHandler = (args: any, context: any) => Effect.Effect<unknown, unknown>

const ok: ReadonlyArray<string> = ["ok"]
const notArguments = new Arg.Invalid("expected a list of text, numbers, booleans and bytes")

/** Returns the entry of a request of the contract. */
export const fromContract = (request: Request.Any, handler: AnyHandler, holds: Holds): Entry => {
  const { name } = request
  // a handler from code without types may return anything
  const call = (args: unknown, inFlight: RequestInFlight): Effect.Effect<unknown, unknown> => {
    const effect: unknown = handler(args, inFlight)
    if (Effect.isEffect(effect)) return effect as Effect.Effect<unknown, unknown>
    throw new TypeError(`the handler of ?${name} did not return an Effect`)
  }
  if (request._tag === "RawRequest")
    return {
      name,
      request,
      holds,
      handle: (message, inFlight) => call(message.own(), inFlight),
      encode: (_, values) => {
        const list = Array.isArray(values) ? (values as ReadonlyArray<ArgumentValue>).map(formatArgument) : [undefined]
        // the encoder must not receive values that it cannot write
        return list.every((argument) => argument instanceof Uint8Array) ? list : notArguments
      },
      count: 0
    }
  const { args, informs, reply } = request
  return {
    name,
    request,
    holds,
    handle: (message, inFlight) => {
      const values = args.decode(message, 0, inFlight.client.dialect)
      if (values instanceof Arg.Invalid) return inFlight.refuse("fail", values.message) as undefined
      return call(values, inFlight)
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

/** Returns the entry of a standard request: `answer` writes the reply, or returns an effect that does. */
export const standard = <R extends Request.Any & { readonly _tag: "Request" }>(
  request: R,
  answer: (inFlight: RequestInFlight, args: Request.Arguments<R>) => Answer | void
): Entry => ({
  name: request.name,
  request,
  holds: "without id",
  handle: (message, inFlight) => {
    const values = request.args.decode(message, 0, inFlight.client.dialect)
    if (values instanceof Arg.Invalid) return inFlight.refuse("fail", values.message) as undefined
    return answer(inFlight, values as Request.Arguments<R>) ?? undefined
  },
  encode: () => ok,
  count: 0
})

/** Returns a description for a request that the device does not have. */
export const unknown = (name: string): Request.RawRequest<string> => Request.raw(name, { doc: "" })

/** Returns the entry of a request that always fails, with any arguments. */
export const refusing = (name: string, code: "fail" | "invalid", text: string): Entry => ({
  name,
  request: unknown(name),
  holds: "without id",
  handle: (_, inFlight) => inFlight.refuse(code, text) as undefined,
  encode: () => ok,
  count: 0
})

/** Returns an effect that handles a request and completes when the reply is sent. Fails as the handler fails. */
export const handled = (
  entry: Entry,
  message: ParsedMessage,
  inFlight: RequestInFlight
): Effect.Effect<void, RequestFailed | RequestInvalid> =>
  Effect.suspend(() => {
    const effect = entry.handle(message, inFlight) as Effect.Effect<unknown, RequestFailed | RequestInvalid> | undefined
    if (effect !== undefined)
      return Effect.map(effect, (values) => {
        if (!inFlight.replied) inFlight.reply(values)
      })
    // the handler has answered synchronously
    inFlight.replied = true
    return Effect.void
  })

/** Returns the entry with the handler's log records annotated by client and request (B-132). */
export const annotated = (entry: Entry): Entry => ({
  ...entry,
  handle: (message, inFlight) => {
    const effect = entry.handle(message, inFlight)
    return effect === undefined || Exit.isExit(effect)
      ? effect
      : Effect.annotateLogs(effect, { client: inFlight.client.address, request: entry.name })
  }
})
