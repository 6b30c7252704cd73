import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Arg } from "../../Codec/index.ts"
import type { Request } from "../../Interface/index.ts"
import { type ArgumentValue, BadArgument, isName, type KatcpError, TimedOut } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Link } from "../connection/Link.ts"
import type { Draft, WhichTimeout } from "../connection/OpenRequest.ts"
import { type CallOptions, milliseconds } from "../connection/Options.ts"
import { fromContract, type Reading } from "./Answer.ts"
import { type CallSite, CallSites, mark, resumeAt } from "./CallSite.ts"
import { type Failure, Gathered } from "./Gathered.ts"
import type { Hints } from "./Hints.ts"
import { type Piece, Streamed } from "./Streamed.ts"
import { toArguments } from "./values.ts"
import { Waiting } from "./Waiting.ts"

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
  /** Where requests were called for. */
  readonly sites = new CallSites()
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
    options: CallOptions | undefined,
    site?: CallSite
  ): Effect.Effect<Result, Failure> {
    return Effect.callback((done: Resume<Result>) => {
      const resume = site === undefined ? done : resumeAt(done, site)
      const limit = this.limitOf(callable, options)
      const connection = this.link.current
      if (connection !== undefined) return this.start(connection, callable, args, options, limit, 0, resume)
      let undo: Undo
      const stop = this.wait(callable.name, limit, {
        go: (connection, waited) => {
          undo = this.start(connection, callable, args, options, limit, waited, resume)
        },
        fail: (error) => resume(Effect.fail(error))
      })
      return Effect.suspend(() => undo ?? Effect.sync(stop))
    })
  }

  /** The same over a given connection, which not everybody need be able to use. */
  on<Inform, Reply, Result>(
    connection: Connection,
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options?: CallOptions
  ): Effect.Effect<Result, Failure> {
    return Effect.callback((resume) =>
      this.start(connection, callable, args, options, this.limitOf(callable, options), 0, resume)
    )
  }

  /**
   * Sends the request when it is run, and hands on its answer piece by piece, no faster than it is read. Ending early
   * gives the request up.
   */
  stream<Inform, Reply, Result>(
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined,
    site?: CallSite
  ): Stream.Stream<Piece<Inform, Reply>, Failure> {
    const start = Effect.gen({ self: this }, function* () {
      const { core, link } = this
      const queue = yield* Queue.dropping<Piece<Inform, Reply>, Failure | Cause.Done>(core.options.maxInforms)
      const limit = this.limitOf(callable, options)
      const fail = (error: KatcpError) => void Queue.failCauseUnsafe(queue, Cause.fail(error))
      let stop = () => {}
      let taken = () => {}
      yield* Effect.addFinalizer(() => Effect.sync(() => stop()))
      const go = (connection: Connection, waited: number) => {
        const draft = this.draft(connection, callable, args, options, limit, waited)
        if (draft instanceof BadArgument) return fail(core.notSent(callable.name, draft))
        const open = new Streamed(draft, connection, callable.reading, queue)
        connection.request(open)
        stop = () => connection.giveUp(open)
        taken = () => open.taken()
      }
      if (link.current !== undefined) go(link.current, 0)
      else stop = this.wait(callable.name, limit, { go, fail })
      // what the reader takes is all that was there
      return Stream.mapArray(Stream.fromQueue(queue), (pieces) => {
        taken()
        return pieces
      })
    })
    const pieces = Stream.unwrap(start)
    return site === undefined ? pieces : Stream.mapError(pieces, (error) => mark(error, site))
  }

  private start<Inform, Reply, Result>(
    connection: Connection,
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined,
    limit: Limit,
    waited: number,
    resume: (effect: Effect.Effect<Result, Failure>) => void
  ): Undo {
    const draft = this.draft(connection, callable, args, options, limit, waited)
    if (draft instanceof BadArgument) {
      resume(Effect.fail(this.core.notSent(callable.name, draft)))
      return undefined
    }
    const open = new Gathered(draft, connection, callable.reading, resume)
    connection.request(open)
    return open.settled ? undefined : Effect.sync(() => connection.giveUp(open))
  }

  /**
   * What becomes of a request while there is no connection: it fails, or goes over the next one, in the order of the
   * calls. Gives what ends the wait.
   */
  private wait(
    name: string,
    limit: Limit,
    then: {
      /** Called at once when there is a connection, with the milliseconds that have passed. */
      readonly go: (connection: Connection, waited: number) => void
      readonly fail: (error: KatcpError) => void
    }
  ): () => void {
    const { core, link } = this
    const { deadlines } = core
    if (core.options.onDisconnected === "fail" || link.isClosed) {
      then.fail(core.notSent(name, link.absence))
      return () => {}
    }
    const began = deadlines.now()
    const late = () => then.fail(core.notSent(name, new TimedOut(limit), limit.timeout))
    const go = () => {
      deadlines.remove(waiting)
      const waited = deadlines.now() - began
      if (link.current === undefined) then.fail(core.notSent(name, link.absence, waited))
      else if (waited < limit.timeout) then.go(link.current, waited)
      else late()
    }
    const waiting = new Waiting(link, limit.timeout, go, late)
    deadlines.add(waiting, began)
    return () => {
      deadlines.remove(waiting)
      waiting.stop()
    }
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
    { timeout, which }: Limit,
    waited: number
  ): Draft | BadArgument {
    const { name } = callable
    if (!isName(name)) return new BadArgument({ detail: `${JSON.stringify(name)} is no request name` })
    const values = callable.values(args, connection)
    if (typeof values === "string") return new BadArgument({ detail: values })
    return { name, values, timeout, waited, which, id: options?.id, useId: options?.useId }
  }
}

type Resume<Result> = (effect: Effect.Effect<Result, Failure>) => void
/** What gives a request up that was made; undefined where it is over. */
type Undo = Effect.Effect<void> | undefined
type Named = Pick<Callable<unknown, unknown, unknown>, "name" | "timeout">
