/**
 * Runs one handler of a device without server, client and network.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import { Answer, type Parameters, type Result } from "../Client/index.ts"
import { Arg, Dialect } from "../Codec/index.ts"
import type {
  Certificate,
  ConnectedClient,
  Device,
  Interface,
  Request,
  RequestContext,
  Role
} from "../Interface/index.ts"
import {
  type ArgumentValue,
  formatArgument,
  type Message,
  inform as makeInform,
  reply as makeReply,
  request as makeRequest,
  Protocol,
  RequestFailed,
  type RequestInvalid
} from "../Message/index.ts"
import type * as Sensor from "../Sensor/index.ts"

/**
 * A fake client, which keeps everything that a handler sends it.
 *
 * @category models
 * @since 0.1.0
 */
export interface FakeClient extends ConnectedClient {
  /** The asynchronous informs sent to it, in order. */
  readonly informs: ReadonlyArray<Message>
  /** The reason of its disconnection; `undefined` if it was not disconnected. */
  readonly disconnected: string | undefined
  /** The number of times its sampling was cleared. */
  readonly samplingCleared: number
}

/**
 * Creates a client for handlers. Several requests may share it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const client = (options?: {
  /** Default `127.0.0.1:50001`. */
  readonly address?: string | undefined
  /** The address that it connected to. Default `127.0.0.1:7147`. */
  readonly listener?: NetAddress.SocketAddress | undefined
  /** Default 5.1 with all flags. */
  readonly protocol?: Protocol | undefined
  /** Default `admin`. */
  readonly role?: Role | undefined
  /** Its certificate. None by default. */
  readonly certificate?: Certificate | undefined
  /** The other clients of its server. None by default. */
  readonly others?: ReadonlyArray<ConnectedClient> | undefined
}): FakeClient => {
  const informs: Array<Message> = []
  let disconnected: string | undefined
  let samplingCleared = 0
  return {
    address: options?.address ?? "127.0.0.1:50001",
    listener: options?.listener ?? NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 7147),
    protocol: options?.protocol ?? Protocol.make(5, 1, "BIMT"),
    role: options?.role ?? "admin",
    certificate: options?.certificate,
    get peers(): ReadonlySet<ConnectedClient> {
      return new Set([this, ...(options?.others ?? [])])
    },
    inform: (name, values) => {
      if (disconnected !== undefined) return false
      informs.push(makeInform(name, values))
      return true
    },
    disconnect: (reason) =>
      Effect.sync(() => {
        disconnected ??= reason
      }),
    clearSampling: Effect.sync(() => {
      samplingCleared++
    }),
    get informs() {
      return informs.slice()
    },
    get disconnected() {
      return disconnected
    },
    get samplingCleared() {
      return samplingCleared
    }
  }
}

/**
 * The client and the id of a request.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The client. By default a new {@link client}. */
  readonly client?: ConnectedClient | undefined
  /** The id of the request. None by default. */
  readonly id?: number | undefined
  /** The request as received. By default built from name, arguments and id. */
  readonly message?: Message | undefined
}

/**
 * The second parameter of a handler, for one call. It keeps everything that the handler sends.
 *
 * @category models
 * @since 0.1.0
 */
export interface FakeContext<R extends Request.Any> extends RequestContext<R> {
  /** The informs sent as part of the answer, in wire form. */
  readonly informsSent: ReadonlyArray<Message>
  /** The reply sent by `reply`; `undefined` until there is one. */
  readonly replySent: Message | undefined
}

const encoded = (
  request: Request.Any,
  kind: "reply" | "inform",
  values: unknown,
  dialect: Dialect.Dialect
): ReadonlyArray<ArgumentValue> => {
  if (request._tag === "RawRequest") return (values as ReadonlyArray<ArgumentValue>).map(formatArgument)
  const list = request[kind === "reply" ? "reply" : "informs"].encode((values ?? {}) as Record<string, never>, dialect)
  if (list instanceof Arg.Invalid)
    throw new TypeError(`?${request.name}: ${kind} does not fit its contract: ${list.message}`)
  return kind === "reply" ? ["ok", ...list] : list
}

/**
 * Creates the context for a direct call of a handler, like a server's: informs and replies are checked against the
 * contract, and neither can follow a reply.
 *
 * @category constructors
 * @since 0.1.0
 */
export const context = <R extends Request.Any>(request: R, options?: Options): FakeContext<R> => {
  const { client: from = client(), id } = options ?? {}
  const { name } = request
  const dialect = Dialect.of(from.protocol)
  const informs: Array<Message> = []
  let reply: Message | undefined
  const inform = (values: unknown) => {
    if (reply !== undefined)
      throw new Error(`?${name}: an inform after the reply; send it before, or as an asynchronous inform`)
    informs.push(makeInform(name, encoded(request, "inform", values, dialect), { id }))
  }
  return {
    client: from,
    id,
    message: options?.message ?? makeRequest(name, [], { id }),
    inform,
    informs: (all) => Effect.sync(() => [...all].forEach(inform)),
    drain: Effect.void,
    reply: (values) => {
      if (reply !== undefined) throw new Error(`?${name}: a second reply`)
      reply = makeReply(name, encoded(request, "reply", values, dialect), { id })
    },
    get informsSent() {
      return informs.slice()
    },
    get replySent() {
      return reply
    }
  }
}

type Refusal = RequestFailed | RequestInvalid
// biome-ignore lint/suspicious/noExplicitAny: the contract has checked it
type Handler = (args: any, context: any) => Effect.Effect<unknown, Refusal>

/** Runs the handler of a request. When it succeeds there is a reply. */
const run = <Id extends string, R extends Request.Any, S extends Sensor.Any>(
  contract: Interface<Id, R, S>,
  request: R,
  message: Message,
  context: FakeContext<R>
): Effect.Effect<Message, Refusal, Device<Id>> =>
  Effect.flatMap(contract.device, ({ context: services, handlers }) => {
    const args = request._tag === "RawRequest" ? message : request.args.decode(message, 0, dialectOf(context))
    if (args instanceof Arg.Invalid) return Effect.fail(new RequestFailed({ message: args.message }))
    const handler = (handlers as Record<string, Handler>)[request.name]!
    return Effect.suspend(() => handler(args, context)).pipe(
      // handlers have no Scope: the device's Scope would outlive them
      Effect.provideContext(Context.omit(Scope.Scope)(services)),
      Effect.map((values) => {
        if (context.replySent === undefined) context.reply(values as Request.ReplyInput<R>)
        return context.replySent!
      }),
      Effect.tapError((error) =>
        context.replySent === undefined
          ? Effect.void
          : Effect.die(new Error(`?${request.name} failed after its reply: ${error.message}`))
      )
    )
  })

const dialectOf = ({ client }: FakeContext<Request.Any>): Dialect.Dialect => Dialect.of(client.protocol)

/** Returns the result of a client's method for an answer. */
const resultOf = (
  request: Request.Any,
  reply: Message,
  informs: ReadonlyArray<Message>,
  dialect: Dialect.Dialect
): object =>
  request._tag === "RawRequest"
    ? { reply, informs }
    : {
        ...request.reply.decode(reply, 1, dialect),
        informs: informs.map((inform) => request.informs.decode(inform, 0, dialect))
      }

const find = <R extends Request.Any>(requests: ReadonlyMap<string, R>, name: string): R => {
  const request = requests.get(name)
  if (request === undefined) throw new TypeError(`the contract has no request ${name}`)
  return request
}

type Given<P extends ReadonlyArray<unknown>> = P extends [infer A, unknown?]
  ? [args: A, options?: Options]
  : P extends [(infer A)?, unknown?]
    ? [args?: A, options?: Options]
    : never

/**
 * Calls a handler of a device with typed arguments, and returns the result of the client's method. Fails as the handler
 * does. Defects remain defects; a failure after the reply, and values that do not fit the contract, are defects too.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Arg, Interface, Request } from "katcp"
 * import { Handling } from "katcp/Testing"
 *
 * class Adder extends Interface.make("adder").add(
 *   Request.make("add", { doc: "Add.", args: { x: Arg.Float, y: Arg.Float }, reply: { sum: Arg.Float } })
 * ) {}
 * const AdderLive = Adder.toLayer({ add: ({ x, y }) => Effect.succeed({ sum: x + y }) })
 *
 * const test = Effect.gen(function* () {
 *   const { sum } = yield* Handling.request(Adder, "add", { x: 1, y: 2 })
 *   if (sum !== 3) throw new Error(`${sum}`)
 * })
 * await Effect.runPromise(Effect.provide(test, AdderLive))
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const request = <Id extends string, R extends Request.Any, S extends Sensor.Any, const Name extends R["name"]>(
  contract: Interface<Id, R, S>,
  name: Name,
  ...[args, options]: Given<Parameters<Request.Named<R, Name>>>
): Effect.Effect<Result<Request.Named<R, Name>>, Refusal, Device<Id>> =>
  Effect.suspend(() => {
    const request = find(contract.requests, name)
    const dialect = Dialect.of((options?.client ?? client()).protocol)
    const values =
      request._tag === "RawRequest"
        ? ((args ?? []) as ReadonlyArray<ArgumentValue>)
        : request.args.encode((args ?? {}) as Record<string, unknown>, dialect)
    if (values instanceof Arg.Invalid) throw new TypeError(`?${name}: ${values.message}`)
    const message = makeRequest(name, values, { id: options?.id })
    const own = context(request, { message, ...options })
    return Effect.map(
      run(contract, request, message, own),
      (reply) => resultOf(request, reply, own.informsSent, dialect) as Result<Request.Named<R, Name>>
    )
  })

/**
 * Lets a device handle a request given as a message. Returns the reply that a client would read, with its informs.
 * Defects remain defects, so a test shows their origin; a server would answer with `fail`. Dies if the contract has no
 * such request: standard requests (`?help`, …) need a server.
 *
 * @category running
 * @since 0.1.0
 */
export const message = <Id extends string, R extends Request.Any, S extends Sensor.Any>(
  contract: Interface<Id, R, S>,
  message: Message,
  options?: Pick<Options, "client">
): Effect.Effect<Answer, never, Device<Id>> =>
  Effect.suspend(() => {
    const own = context(find(contract.requests, message.name), { ...options, id: message.id, message })
    return run(contract, find(contract.requests, message.name), message, own).pipe(
      Effect.catch((error) =>
        Effect.succeed(
          makeReply(message.name, [error._tag === "RequestInvalid" ? "invalid" : error.code, error.message], {
            id: message.id
          })
        )
      ),
      Effect.map((reply) => new Answer(reply, own.informsSent))
    )
  })
