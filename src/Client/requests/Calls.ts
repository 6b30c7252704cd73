import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Dialect, ParsedMessage } from "../../Codec/index.ts"
import { type ArgumentValue, BadArgument, isName, type KatcpError, type Message } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { InFlight } from "../connection/InFlight.ts"
import type { Link } from "../connection/Link.ts"
import { milliseconds } from "../connection/milliseconds.ts"
import type { Draft, OpenRequest, WhichTimeout } from "../connection/RequestTable.ts"
import { toArguments } from "../connection/Writer.ts"
import type { Answer } from "./Answer.ts"
import { type AnswerDecoder, plain, unchecked } from "./AnswerDecoder.ts"
import type { CallOptions } from "./CallOptions.ts"
import { type CallSite, CallSites, mark, resumeAt } from "./CallSite.ts"
import type { Failure } from "./Failure.ts"
import { Gathered } from "./Gathered.ts"
import { Relayed } from "./Relayed.ts"
import { type Piece, Streamed } from "./Streamed.ts"
import { waitForConnection } from "./Waiting.ts"

/**
 * A request that can be made any number of times: its name, its arguments, its timeout and the decoder of its answer.
 */
export interface Callable<Inform, Reply, Result> {
  readonly name: string
  /** Encodes the arguments. Returns the fault if they do not fit. */
  readonly values: (args: unknown, device: Spoken) => ReadonlyArray<string | Uint8Array> | string
  /** The timeout of the contract in milliseconds. */
  readonly timeout: number | undefined
  readonly decoder: AnswerDecoder<Inform, Reply, Result>
}

/** The facts about a device that the encoding of arguments needs. */
export interface Spoken {
  readonly dialect: Dialect.Dialect
}

/** Returns a request that is called by name with plain values. */
export const byName = <Inform, Reply, Result>(
  name: string,
  decoder: AnswerDecoder<Inform, Reply, Result>
): Callable<Inform, Reply, Result> => ({ name, values: plainValues, timeout: undefined, decoder })

/** Encodes plain values: see {@link Callable}. */
export const plainValues = (args: unknown) =>
  args === undefined || args === null || Array.isArray(args)
    ? toArguments((args ?? []) as ReadonlyArray<ArgumentValue>)
    : `expected a list of arguments, like ["1", 2], got ${typeof args === "object" ? "an object" : `a ${typeof args}`}`

/** The timeout of a request in milliseconds, and its source. */
interface Limit {
  readonly timeout: number
  readonly which: WhichTimeout
}

const noHints: ReadonlyMap<string, number> = new Map()

/**
 * Makes requests: from arguments and options to the caller's result. `docs/architecture.md` lists the files that a call
 * passes from here to its bytes; a test checks that list.
 */
export class Calls {
  /** The places of calls. */
  readonly sites = new CallSites()
  /** The device's timeout hints, in milliseconds. `Hints` sets them. */
  hints: ReadonlyMap<string, number> = noHints
  private readonly core: Core
  private readonly link: Link

  constructor(core: Core, link: Link) {
    this.core = core
    this.link = link
  }

  /** See `Client.call`. */
  readonly call = (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ): Effect.Effect<Answer, Failure> => this.gather(byName(name, plain), values, options, this.sites.note(this.call))

  /** See `Client.callRaw`. */
  readonly callRaw = (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ): Effect.Effect<Answer, KatcpError> =>
    this.gather(byName(name, unchecked), values, options, this.sites.note(this.callRaw)) as Effect.Effect<
      Answer,
      KatcpError
    >

  /** See `Client.callStream`. */
  readonly callStream = (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ): Stream.Stream<Piece<Message, Message>, Failure> =>
    this.stream(byName(name, plain), values, options, this.sites.note(this.callStream))

  /** See `Client.callRawStream`. */
  readonly callRawStream = (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ): Stream.Stream<Piece<Message, Message>, KatcpError> =>
    this.stream(byName(name, unchecked), values, options, this.sites.note(this.callRawStream)) as Stream.Stream<
      Piece<Message, Message>,
      KatcpError
    >

  /**
   * Sends the request when the effect runs, over the current connection, and gathers its answer. Interrupting the
   * effect abandons the request.
   */
  gather<Inform, Reply, Result>(
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined,
    site?: CallSite
  ): Effect.Effect<Result, Failure> {
    return Effect.callback((done: Resume<Result>) => {
      const resume = site === undefined ? done : resumeAt(done, site)
      const limit = this.limitOf(callable, options)
      const open: Open = (draft, requests) => new Gathered(draft, requests, callable.decoder, resume)
      return this.begin(callable, args, options, limit, resume, open)
    })
  }

  /**
   * Sends a request when the effect runs, and calls a function with each inform of its answer as it arrives, without
   * back-pressure to the device. Succeeds with the reply for any return code. If the function returns an error, the
   * request is abandoned and fails with it.
   */
  readonly relay = <E>(
    name: string,
    values: ReadonlyArray<ArgumentValue>,
    onInform: (message: ParsedMessage) => E | undefined
  ): Effect.Effect<Message, KatcpError | E> =>
    Effect.callback((resume: (effect: Effect.Effect<Message, KatcpError | E>) => void) => {
      const callable = byName(name, unchecked)
      const open: Open = (draft, requests) => new Relayed(draft, requests, onInform, resume)
      return this.begin(callable, values, undefined, this.limitOf(callable, undefined), resume, open)
    })

  /** Sends a request over the current connection, or waits for one if the options say so. */
  private begin(
    callable: Named & Pick<Callable<unknown, unknown, unknown>, "values">,
    args: unknown,
    options: CallOptions | undefined,
    limit: Limit,
    resume: (effect: Effect.Effect<never, KatcpError>) => void,
    open: Open
  ): Undo {
    const connection = this.link.current
    if (connection !== undefined) return this.start(connection, callable, args, options, limit, 0, resume, open)
    let undo: Undo
    const stop = waitForConnection(this.core, this.link, callable.name, limit, {
      send: (connection, waited) => {
        undo = this.start(connection, callable, args, options, limit, waited, resume, open)
      },
      fail: (error) => resume(Effect.fail(error))
    })
    return Effect.suspend(() => undo ?? Effect.sync(stop))
  }

  /** Sends the request over a given connection, which need not be the current one. */
  gatherOn<Inform, Reply, Result>(
    connection: Connection,
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options?: CallOptions
  ): Effect.Effect<Result, Failure> {
    return Effect.callback((resume: Resume<Result>) => this.askOn(connection, callable, args, options, resume))
  }

  /**
   * Sends the request like {@link gatherOn}, and calls a function with the exit of its answer. Returns the effect that
   * abandons it, or `undefined` if it is settled.
   */
  askOn<Inform, Reply, Result>(
    connection: Connection,
    callable: Callable<Inform, Reply, Result>,
    args: unknown,
    options: CallOptions | undefined,
    resume: (exit: Exit.Exit<Result, Failure>) => void
  ): Undo {
    const limit = this.limitOf(callable, options)
    const open: Open = (draft, requests) => new Gathered(draft, requests, callable.decoder, resume)
    return this.start(connection, callable, args, options, limit, 0, resume, open)
  }

  /**
   * Sends the request when the stream runs, and emits its answer piece by piece, with back-pressure. Ending the stream
   * early abandons the request.
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
      const send = ({ requests }: Connection, waited: number) => {
        const draft = this.draft(requests, callable, args, options, limit, waited)
        if (draft instanceof BadArgument) return fail(core.notSent(callable.name, draft))
        const open = new Streamed(draft, requests, callable.decoder, queue)
        requests.send(open)
        stop = () => requests.giveUp(open)
        taken = () => open.taken()
      }
      if (link.current !== undefined) send(link.current, 0)
      else stop = waitForConnection(core, link, callable.name, limit, { send, fail })
      // the reader takes all available pieces
      return Stream.mapArray(Stream.fromQueue(queue), (pieces) => {
        taken()
        return pieces
      })
    })
    const pieces = Stream.unwrap(start)
    return site === undefined ? pieces : Stream.mapError(pieces, (error) => mark(error, site))
  }

  private start(
    { requests }: Connection,
    callable: Named & Pick<Callable<unknown, unknown, unknown>, "values">,
    args: unknown,
    options: CallOptions | undefined,
    limit: Limit,
    waited: number,
    resume: (exit: Exit.Exit<never, KatcpError>) => void,
    make: Open
  ): Undo {
    const draft = this.draft(requests, callable, args, options, limit, waited)
    if (draft instanceof BadArgument) {
      resume(Exit.fail(this.core.notSent(callable.name, draft)))
      return undefined
    }
    const open = make(draft, requests)
    requests.send(open)
    return open.settled ? undefined : Effect.sync(() => requests.giveUp(open))
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
    device: Spoken,
    callable: Named & Pick<Callable<unknown, unknown, unknown>, "values">,
    args: unknown,
    options: CallOptions | undefined,
    { timeout, which }: Limit,
    waited: number
  ): Draft | BadArgument {
    const { name } = callable
    if (!isName(name)) return new BadArgument({ detail: `${JSON.stringify(name)} is not a request name` })
    const values = callable.values(args, device)
    if (typeof values === "string") return new BadArgument({ detail: values })
    return { name, values, timeout, waited, which, id: options?.id, useId: options?.useId }
  }
}

type Resume<Result> = (effect: Effect.Effect<Result, Failure>) => void
/** Builds a request that is ready to send. */
type Open = (draft: Draft, requests: InFlight) => OpenRequest
/** Abandons a request; `undefined` if it is settled. */
type Undo = Effect.Effect<void> | undefined
type Named = Pick<Callable<unknown, unknown, unknown>, "name" | "timeout">
