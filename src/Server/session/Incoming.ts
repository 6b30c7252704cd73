import * as Effect from "effect/Effect"
import { type Flushable, ParsedMessage, Parser } from "../../Codec/index.ts"
import { KatcpSyntaxError } from "../../Message/index.ts"
import { foreignLine, foreignMessage } from "../gate/foreignProtocol.ts"
import type { Dispatch } from "../requests/Dispatch.ts"
import { unexpected } from "../requests/hooked.ts"
import type { Caller } from "../requests/RequestInFlight.ts"
import type { InFlight } from "./InFlight.ts"

/**
 * Bytes of unsent replies at which the session stops reading requests: they bound the memory of a client that does not
 * read. Not measured: as much as Node reads from a socket at once; a client that keeps up takes more within a turn.
 */
const repliesAhead = 65536
/**
 * Requests, and informs to the same client, after which other clients get their turn. Measured: 64 KiB of `?help` make
 * 190,000 informs, which took 60 ms in one go; 4096 take some 1.5 ms, and the turn itself 5 µs. Informs to other
 * clients do not count: otherwise an update for 1,000 subscribers would be a quarter of a turn, and each client would
 * need a write for every four updates.
 */
const workPerTurn = 4096
/**
 * Requests started when places have become free: some 0.2 ms (measured, as above). Then the client's own fiber
 * continues.
 */
const workPerPlace = 512
/**
 * Nanoseconds of handlers after which other clients get their turn. Not measured: a bound for a wait. Behind n busy
 * clients a request waits n times 5 ms, and one handler more.
 */
const timePerTurn = 5_000_000n
/**
 * Bytes of a message that is parsed in one turn and handled in another. Measured: 16 MB of escapes take 90 ms to read
 * and 140 ms to echo, so 1 MiB takes some 6 and 9.
 */
const large = 1048576
/** Informs to any client for each reading of the clock. Measured: they take some 0.2 ms, the clock 80 ns. */
const informsPerClock = 1024
/** A message counts as so many informs here. Not measured: the clock then costs 5 ns for each message. */
const messageWeight = 64

/** The result of a turn: all messages are started, or other clients come first, or there is no place for more. */
export type Taken = "all" | "some" | "full"

/**
 * The incoming half of a session: it parses the received bytes, starts a request for each message, and reports when no
 * more may be started. It has no loop of its own (see `serve`).
 */
export class Incoming {
  private readonly client: Caller
  private readonly requests: InFlight
  private readonly dispatch: Dispatch
  /** Holds the bytes that were read but not started. */
  readonly parser: Parser
  /** A large parsed message, which is handled in the next turn. */
  private parsed: ParsedMessage | undefined = undefined
  /** The work left in this turn, and the end of the turn; 0 before it begins. */
  private workLeft = workPerTurn
  private turnEnd = 0n
  /** `true` from the client's first line on. */
  private spoken = false
  private waiter: ((effect: Effect.Effect<void>) => void) | undefined = undefined
  /** Uses free places at the end of the turn, if requested. */
  private refill: Flushable | undefined = undefined

  constructor(client: Caller, requests: InFlight, dispatch: Dispatch) {
    this.client = client
    this.requests = requests
    this.dispatch = dispatch
    this.parser = new Parser(client.runtime.options)
  }

  /** The number of bytes that were read and not handled. */
  get held(): number {
    return this.parser.held + (this.parsed?.size ?? 0)
  }

  /**
   * Starts the requests that were read, as far as one turn of the event loop and the free places allow. A turn lasts
   * until {@link newTurn}, over any number of calls: otherwise a client that only waits for its replies to be taken
   * could continue again and again while others wait.
   */
  take(limit = workPerTurn): Taken {
    const { outgoing, runtime } = this.client
    const { clock, counts } = runtime
    const work = Math.min(limit, this.workLeft)
    const ownBefore = outgoing.informs
    const before = counts.informs
    let messages = 0
    let readClockAt = 1
    let taken: Taken = "all"
    outgoing.beginBatch()
    while (outgoing.alive) {
      if (this.full) {
        taken = "full"
        break
      }
      if (messages + outgoing.informs - ownBefore >= work) {
        taken = "some"
        break
      }
      const weight = messages * messageWeight + counts.informs - before
      if (weight >= readClockAt) {
        readClockAt = weight + informsPerClock
        const now = clock.monotonicTimeNanosUnsafe()
        if (this.turnEnd === 0n) this.turnEnd = now + timePerTurn
        else if (now > this.turnEnd) {
          taken = "some"
          break
        }
      }
      let found: ParsedMessage | KatcpSyntaxError | undefined = this.parsed
      if (found !== undefined) this.parsed = undefined
      else {
        found = this.parser.next()
        if (found === undefined) break
        if (found instanceof ParsedMessage && found.size > large) {
          this.parsed = found
          taken = "some"
          break
        }
      }
      messages++
      this.receive(found)
    }
    outgoing.endBatch()
    // the next request arrives through the event loop: other clients get their turn before it
    if (taken === "all") this.newTurn()
    else this.workLeft -= messages + outgoing.informs - ownBefore
    return taken
  }

  /** Begins a new turn: other clients had theirs. */
  newTurn(): void {
    this.workLeft = workPerTurn
    this.turnEnd = 0n
  }

  private receive(message: ParsedMessage | KatcpSyntaxError): void {
    const { client, dispatch } = this
    if (message instanceof KatcpSyntaxError) {
      const { counts, options } = client.runtime
      counts.syntaxErrors++
      const foreign = message.head === undefined ? foreignLine(message, options.maxLine) : undefined
      if (foreign !== undefined) return this.expel(foreign)
      this.spoken = true
      const { head, reason } = message
      if (head?.kind !== "request") return client.complain(message.message)
      return client.outgoing.write("reply", head.name, head.id, ["fail", `${reason} are not accepted.`])
    }
    if (message.kind === "request") {
      this.spoken = true
      const entry = dispatch.requests.get(message.name)
      if (entry !== undefined) return this.requests.start(entry, message)
      client.runtime.counts.unknownRequests++
      return this.requests.start(dispatch.unhandled(message.name), message)
    }
    const foreign = this.spoken ? undefined : foreignMessage(message)
    if (foreign !== undefined) return this.expel(foreign)
    this.spoken = true
    if (dispatch.unsolicited !== undefined) this.requests.start(dispatch.unsolicited(message), message)
    else if (message.kind === "reply") client.complain(unexpected(message.name))
  }

  /** Closes the connection of a peer that does not speak KATCP, before more of its bytes are handled. */
  expel(reason: string): void {
    const { address, outgoing, runtime } = this.client
    if (!outgoing.alive) return
    runtime.counts.refusedClients++
    runtime.report("Warn", reason, `disconnecting ${address}: ${reason}`)
    outgoing.dismiss(reason)
  }

  /** `true` if no more requests may be started now. */
  private get full(): boolean {
    const { outgoing } = this.client
    if (this.requests.full) return true
    if (outgoing.backlog <= repliesAhead) return false
    // only a write shows if the client takes its replies
    outgoing.flush()
    return outgoing.blocked
  }

  /** `true` if reading may continue after it was {@link full}. */
  get ready(): boolean {
    const { outgoing } = this.client
    return !outgoing.alive || (!this.requests.full && !outgoing.blocked)
  }

  /** Waits until more requests may be started. */
  get room(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.ready) return resume(Effect.void)
      this.waiter = resume
      return Effect.sync(() => {
        this.waiter = undefined
      })
    })
  }

  /**
   * Uses free places at the end of the turn, after the replies that freed them. A turn usually frees several places,
   * and starting requests once for all of them costs less than once for each.
   */
  wake(): void {
    if (this.waiter === undefined || this.refill !== undefined) return
    this.refill = { flush: () => this.useFree() }
    this.client.runtime.turn.add(this.refill)
  }

  /**
   * Starts requests in the free places. The client's fiber, which costs more to wake than most requests, continues when
   * no request waits for a place.
   */
  private useFree(): void {
    this.refill = undefined
    if (this.waiter === undefined || !this.ready) return
    const { outgoing } = this.client
    if (outgoing.alive && this.take(workPerPlace) === "full") return outgoing.schedule()
    const resume = this.waiter
    // a request that was started may have used the place already
    if (resume === undefined) return
    this.waiter = undefined
    resume(Effect.void)
  }

  /** Drops the unhandled bytes. */
  release(): void {
    this.parser.release()
    this.parsed = undefined
  }
}
