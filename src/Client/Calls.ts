import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Arg } from "../Codec/index.ts"
import type { Request } from "../Interface/index.ts"
import { type ArgumentValue, BadArgument, isName, type KatcpError, TimedOut } from "../Message/index.ts"
import { fromContract, type Reading } from "./Answer.ts"
import type { Connection } from "./Connection.ts"
import type { Core } from "./Core.ts"
import { type Failure, Gathered } from "./Gathered.ts"
import type { Hints } from "./Hints.ts"
import type { Link } from "./Link.ts"
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

/** How long a request may take, in milliseconds, and who says so. */
interface Limit {
  readonly timeout: number
  readonly which: WhichTimeout
}

/** Makes requests: from arguments and options to what the caller waits for. */
export class Calls {
  private readonly core: Core
  private readonly link: Link
  private readonly hints: Hints

  constructor(core: Core, link: Link, hints: Hints) {
    this.core = core
    this.link = link
    this.hints = hints
  }

  /**
   * Sends the request when it is run, over the connection that is there, and gathers its answer. Interrupting it gives
   * the request up.
   */
  call<Inform, Reply, Result>(
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined
  ): Effect.Effect<Result, Failure> {
    return Effect.callback((resume) => {
      const connection = this.link.current
      if (connection !== undefined)
        return this.start(connection, callable, args, options, this.limitOf(callable, options), resume)
      resume(
        Effect.flatMap(this.connection(callable, options), ({ connection, limit }) =>
          this.on(connection, callable, args, options, limit)
        )
      )
      return undefined
    })
  }

  /** The same over a given connection, which not everybody need be able to use. */
  on<Inform, Reply, Result>(
    connection: Connection,
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options?: CallOptions,
    limit?: Limit
  ): Effect.Effect<Result, Failure> {
    return Effect.callback((resume) =>
      this.start(connection, callable, args, options, limit ?? this.limitOf(callable, options), resume)
    )
  }

  /** Sends the request when it is run, and hands on its answer piece by piece. Ending early gives the request up. */
  stream<Inform, Reply, Result>(
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined
  ): Stream.Stream<Piece<Inform, Reply>, Failure> {
    const start = Effect.gen({ self: this }, function* () {
      const { connection, limit } = yield* this.connection(callable, options)
      const draft = this.draft(connection, callable, args, options, limit)
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

  private start<Inform, Reply, Result>(
    connection: Connection,
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined,
    limit: Limit,
    resume: (effect: Effect.Effect<Result, Failure>) => void
  ): Effect.Effect<void> | undefined {
    const draft = this.draft(connection, callable, args, options, limit)
    if (draft instanceof BadArgument) {
      resume(Effect.fail(this.core.notSent(callable.name, draft)))
      return undefined
    }
    const open = new Gathered(draft, connection, callable.reading, resume)
    connection.request(open)
    return open.settled ? undefined : Effect.sync(() => connection.giveUp(open))
  }

  /** The connection to send over, and what is left of the time-out: at once, or after a wait where that is wished. */
  private connection(
    callable: Named,
    options: CallOptions | undefined
  ): Effect.Effect<{ readonly connection: Connection; readonly limit: Limit }, KatcpError> {
    return Effect.suspend(() => {
      const limit = this.limitOf(callable, options)
      const connection = this.link.current
      if (connection !== undefined) return Effect.succeed({ connection, limit })
      if (this.core.options.onDisconnected === "fail" || this.link.isClosed)
        return Effect.fail(this.core.notSent(callable.name, this.link.absence))
      const began = this.core.deadlines.now()
      const { timeout, which } = limit
      const there = Effect.callback<void>((resume) => {
        const forget = this.link.whenConnected(() => resume(Effect.void))
        return Effect.sync(forget)
      })
      const late = Effect.suspend(() =>
        Effect.fail(this.core.notSent(callable.name, new TimedOut({ which, timeout }), timeout))
      )
      const inTime =
        timeout === Number.POSITIVE_INFINITY
          ? there
          : Effect.timeoutOrElse(there, { duration: timeout, orElse: () => late })
      return Effect.flatMap(inTime, () => {
        const left = timeout - (this.core.deadlines.now() - began)
        return left > 0 ? this.connection(callable, { ...options, timeout: left }) : late
      })
    })
  }

  private limitOf({ name, timeout }: Named, options: CallOptions | undefined): Limit {
    const given = options?.timeout
    if (given !== undefined) return { timeout: milliseconds(given), which: "call" }
    if (timeout !== undefined) return { timeout, which: "contract" }
    const hint = this.hints.get(name)
    return hint === undefined
      ? { timeout: this.core.options.timeout, which: "default" }
      : { timeout: hint, which: "hint" }
  }

  private draft(
    connection: Connection,
    callable: Named & Pick<Callable<unknown, unknown, unknown>, "values">,
    args: unknown,
    options: CallOptions | undefined,
    limit: Limit
  ): Draft | BadArgument {
    const { name } = callable
    if (!isName(name)) return new BadArgument({ detail: `${JSON.stringify(name)} is no request name` })
    const values = callable.values(args, connection)
    if (typeof values === "string") return new BadArgument({ detail: values })
    return { name, values, timeout: limit.timeout, which: limit.which, id: options?.id, useId: options?.useId }
  }
}

type Named = Pick<Callable<unknown, unknown, unknown>, "name" | "timeout">
