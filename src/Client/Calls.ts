import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Arg } from "../Codec/index.ts"
import type { Request } from "../Interface/index.ts"
import { type ArgumentValue, BadArgument, isName } from "../Message/index.ts"
import { fromContract, type Reading } from "./Answer.ts"
import type { Connection } from "./Connection.ts"
import type { Core } from "./Core.ts"
import { type Failure, Gathered } from "./Gathered.ts"
import type { Draft, OpenRequest, WhichTimeout } from "./OpenRequest.ts"
import { type CallOptions, milliseconds } from "./Options.ts"
import { type Piece, Streamed } from "./Streamed.ts"
import { toArguments } from "./values.ts"

/** A request as it can be made again and again: its name, its time-out, and how its answer is read. */
export interface Callable<Inform, Reply, Result> {
  readonly name: string
  /** The arguments; what is wrong with them as text. */
  readonly values: (args: unknown, connection: Connection) => ReadonlyArray<string | Uint8Array> | string
  /** Milliseconds that the contract gives. */
  readonly timeout: number | undefined
  readonly reading: Reading<Inform, Reply, Result>
}

/** A request called by name with plain values. */
export const byName = <Inform, Reply, Result>(
  name: string,
  reading: Reading<Inform, Reply, Result>
): Callable<Inform, Reply, Result> => ({ name, values: plainValues, timeout: undefined, reading })

const plainValues = (args: unknown) => toArguments((args ?? []) as ReadonlyArray<ArgumentValue>)

/** A request of a contract. */
export const ofContract = (request: Request.Any): Callable<unknown, object, object> => ({
  name: request.name,
  values:
    request._tag === "RawRequest"
      ? plainValues
      : (args, connection) => {
          const values = request.args.encode((args ?? {}) as { readonly [name: string]: unknown }, connection.dialect)
          return values instanceof Arg.Invalid ? values.message : values
        },
  timeout: request.timeoutHint === undefined || request.timeoutHint === 0 ? undefined : request.timeoutHint * 1000,
  reading: fromContract(request)
})

/** Makes requests: from arguments and options to what the caller waits for. */
export class Calls {
  private readonly core: Core
  private readonly connection: Connection

  constructor(core: Core, connection: Connection) {
    this.core = core
    this.connection = connection
  }

  /** Sends the request when it is run, and gathers its answer. Interrupting it gives the request up. */
  call<Inform, Reply, Result>(
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined
  ): Effect.Effect<Result, Failure> {
    return Effect.callback((resume) => {
      const { connection } = this
      const draft = this.draft(callable, args, options)
      if (draft instanceof BadArgument) {
        resume(Effect.fail(this.core.notSent(callable.name, draft)))
        return undefined
      }
      const open = new Gathered(draft, connection, callable.reading, resume)
      connection.request(open)
      return open.settled ? undefined : Effect.sync(() => connection.giveUp(open))
    })
  }

  /** Sends the request when it is run, and hands on its answer piece by piece. Ending early gives the request up. */
  stream<Inform, Reply, Result>(
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined
  ): Stream.Stream<Piece<Inform, Reply>, Failure> {
    const start = Effect.gen({ self: this }, function* () {
      const { connection } = this
      const draft = this.draft(callable, args, options)
      if (draft instanceof BadArgument) return yield* this.core.notSent(callable.name, draft)
      const queue = yield* Queue.dropping<Piece<Inform, Reply>, Failure | Cause.Done>(connection.maxInforms)
      const open: OpenRequest = new Streamed(draft, connection, callable.reading, queue)
      yield* Effect.acquireRelease(
        Effect.sync(() => connection.request(open)),
        () => Effect.sync(() => connection.giveUp(open))
      )
      return Stream.fromQueue(queue)
    })
    return Stream.unwrap(start)
  }

  private draft(
    callable: Pick<Callable<unknown, unknown, unknown>, "name" | "values" | "timeout">,
    args: unknown,
    options: CallOptions | undefined
  ): Draft | BadArgument {
    const { name } = callable
    if (!isName(name)) return new BadArgument({ detail: `${JSON.stringify(name)} is no request name` })
    const values = callable.values(args, this.connection)
    if (typeof values === "string") return new BadArgument({ detail: values })
    const given = options?.timeout
    let which: WhichTimeout = "default"
    let { timeout } = this.core.options
    if (given !== undefined) {
      which = "call"
      timeout = milliseconds(given)
    } else if (callable.timeout !== undefined) {
      which = "contract"
      timeout = callable.timeout
    }
    return { name, values, timeout, which, id: options?.id, useId: options?.useId }
  }
}
