import * as Cause from "effect/Cause"
import * as Queue from "effect/Queue"
import { Arg, type ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply } from "../../Message/index.ts"
import type { InFlight } from "../connection/InFlight.ts"
import { type Draft, OpenRequest } from "../connection/RequestTable.ts"
import { type AnswerDecoder, refusal, tooManyInforms } from "./AnswerDecoder.ts"
import type { Failure } from "./Failure.ts"

/**
 * A piece of the answer to a request: an inform, or the reply, which is the last.
 *
 * @category models
 * @since 0.1.0
 */
export type Piece<Inform, Reply> =
  | { readonly _tag: "Inform"; readonly inform: Inform }
  | { readonly _tag: "Reply"; readonly reply: Reply }

/**
 * Informs that may wait for the reader of a stream before the client stops reading from the device. Not measured:
 * enough for a reader that keeps up, and bounded memory for one that does not.
 */
const maxAhead = 1024
/** Bytes that may wait in the same way. Not measured: as above, for long informs. */
const maxBytesAhead = 1048576

/**
 * A request whose answer is emitted piece by piece. While its reader is behind, the connection is not read (see
 * `Backpressure`), and its timeout is suspended, because the request then waits for its own reader.
 */
export class Streamed<Inform, Reply> extends OpenRequest {
  private readonly requests: InFlight
  /** The number of pieces that the reader has not taken, and their bytes on the wire. */
  private pieces = 0
  private bytes = 0
  private readonly decoder: AnswerDecoder<Inform, Reply, unknown>
  private readonly queue: Queue.Queue<Piece<Inform, Reply>, Failure | Cause.Done>

  /** The queue must drop pieces that it cannot hold, which fails the request. */
  constructor(
    draft: Draft,
    requests: InFlight,
    decoder: AnswerDecoder<Inform, Reply, unknown>,
    queue: Queue.Queue<Piece<Inform, Reply>, Failure | Cause.Done>
  ) {
    super(draft)
    this.requests = requests
    this.decoder = decoder
    this.queue = queue
  }

  inform(message: ParsedMessage): void {
    const { requests } = this
    try {
      const inform = this.decoder.inform(message, requests.dialect)
      if (inform instanceof Arg.Invalid) this.giveUp(new MalformedReply({ detail: `an inform: ${inform.message}` }))
      else if (!Queue.offerUnsafe(this.queue, { _tag: "Inform", inform }))
        this.giveUp(tooManyInforms(requests.maxInforms))
      else {
        this.bytes += message.size
        if (++this.pieces >= maxAhead || this.bytes >= maxBytesAhead) requests.backpressure.hold(this)
      }
    } catch (defect) {
      requests.giveUp(this)
      Queue.failCauseUnsafe(this.queue, Cause.die(defect))
    }
  }

  reply(message: ParsedMessage): void {
    const { queue, requests } = this
    try {
      const no = this.decoder.checked ? refusal(message) : undefined
      const reply = no ?? this.decoder.reply(message, requests.dialect)
      if (no !== undefined) this.end(no._tag === "MalformedReply" ? requests.error(no, this) : no)
      else if (reply instanceof Arg.Invalid)
        this.end(requests.error(new MalformedReply({ detail: `the reply: ${reply.message}` }), this))
      else if (Queue.offerUnsafe(queue, { _tag: "Reply", reply: reply as Reply })) Queue.endUnsafe(queue)
      else this.end(requests.error(tooManyInforms(requests.maxInforms), this))
    } catch (defect) {
      Queue.failCauseUnsafe(queue, Cause.die(defect))
    }
  }

  /** Called when the reader has taken all pieces. */
  taken(): void {
    this.pieces = 0
    this.bytes = 0
    this.requests.backpressure.caughtUp(this)
  }

  fail(error: KatcpError): void {
    this.end(error)
  }

  private giveUp(reason: MalformedReply): void {
    this.requests.giveUp(this)
    this.fail(this.requests.error(reason, this))
  }

  private end(error: Failure): void {
    Queue.failCauseUnsafe(this.queue, Cause.fail(error))
  }
}
