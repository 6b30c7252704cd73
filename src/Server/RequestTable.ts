import type * as Effect from "effect/Effect"
import { Arg, type Dialect, type ParsedMessage } from "../Codec/index.ts"
import { type DeviceShape, type Handlers, Request } from "../Interface/index.ts"
import { type ArgumentValue, formatArgument } from "../Message/index.ts"
import type { Job } from "./Job.ts"
import type { Session } from "./Session.ts"

/** What a handler answers with; undefined where it has answered by itself. */
type Answer = Effect.Effect<unknown, unknown> | undefined

/** A request that a server answers. */
export interface Entry {
  readonly name: string
  readonly request: Request.Any
  /** Whether it holds back the client's next requests until it is done. */
  readonly serial: boolean
  readonly handle: (message: ParsedMessage, job: Job) => Answer
  /** The arguments of its reply or informs. */
  readonly encode: (
    kind: "reply" | "inform",
    values: unknown,
    dialect: Dialect.Dialect
  ) => ReadonlyArray<string | Uint8Array> | Arg.Invalid
}

/** The requests that a server answers, by name. */
export type RequestTable = ReadonlyMap<string, Entry>

const ok: ReadonlyArray<string> = ["ok"]

/** The entry of a request of the contract. */
export const fromContract = (
  request: Request.Any,
  // biome-ignore lint/suspicious/noExplicitAny: the contract has checked it
  handler: (args: any, context: any) => Effect.Effect<unknown, unknown>,
  serial: boolean
): Entry => {
  const { name } = request
  if (request._tag === "RawRequest")
    return {
      name,
      request,
      serial,
      handle: (message, job) => handler(message.own(), job),
      encode: (_, values) => (values as ReadonlyArray<ArgumentValue>).map(formatArgument)
    }
  const { args, informs, reply } = request
  return {
    name,
    request,
    serial,
    handle: (message, job) => {
      const values = args.decode(message, 0, job.session.dialect)
      if (values instanceof Arg.Invalid) return job.refuse("fail", values.message) as undefined
      return handler(values, job)
    },
    encode: (kind, values, dialect) => {
      if (kind === "inform") return informs.encode(values as Record<string, unknown>, dialect)
      if (reply.maximum === 0) return ok
      const list = reply.encode((values ?? {}) as Record<string, unknown>, dialect)
      return list instanceof Arg.Invalid ? list : ["ok", ...list]
    }
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
  serial: false,
  handle: (message, job) => {
    const values = request.args.decode(message, 0, job.session.dialect)
    if (values instanceof Arg.Invalid) return job.refuse("fail", values.message) as undefined
    return answer(job.session, job.id, values, job) ?? undefined
  },
  encode: () => ok
})

/** What stands for a request that nobody knows. */
export const unknown = (name: string): Request.RawRequest<string> => Request.raw(name, { doc: "" })

/** The table of a device: the standard requests, with the contract's own in front of them. */
export const make = (
  device: DeviceShape,
  requests: ReadonlyMap<string, Request.Any>,
  standards: ReadonlyArray<Entry>,
  serial: boolean
): RequestTable => {
  const table = new Map<string, Entry>()
  for (const entry of standards) table.set(entry.name, entry)
  const handlers = device.handlers as Handlers<Request.Any> as Record<string, Parameters<typeof fromContract>[1]>
  for (const [name, request] of requests)
    table.set(
      name,
      fromContract(
        request,
        handlers[name]!,
        request.concurrency === undefined ? serial : request.concurrency === "serial"
      )
    )
  return table
}
