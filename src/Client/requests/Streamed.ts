import * as Cause from "effect/Cause"
import * as Queue from "effect/Queue"
import { Arg, type ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply } from "../../Message/index.ts"
import type { Connection } from "../connection/Connection.ts"
import { type Draft, OpenRequest } from "../connection/OpenRequest.ts"
import { type Reading, refusal } from "./Answer.ts"
import { type Failure, tooManyInforms } from "./Gathered.ts"

/**
 * A piece of the answer to a request: an inform, or the reply, which is the last.
 *
 * @category models
 * @since 0.1.0
 */
export type Piece<Inform, Reply> =
  | { readonly _tag: "Inform"; readonly inform: Inform }
  | { readonly _tag: "Reply"; readonly reply: Reply }

/** So many informs, or so many bytes of them, may wait for the reader of a stream before reading is held back. */
const ahead = 1024
const bytesAhead = 1048576

/**
 * A request whose answer is handed on piece by piece. While its reader is behind, the connection is not read (see
 * `Connection.hold`), and its time-out does not run: what it waits for then is its own reader.
 */
export class Streamed<Inform, Reply> extends OpenRequest {
  private readonly connection: Connection
  /** How many pieces the reader has not taken, and how many bytes they had on the wire. */
  private pieces = 0
  private bytes = 0
  private readonly reading: Reading<Inform, Reply, unknown>
  private readonly queue: Queue.Queue<Piece<Inform, Reply>, Failure | Cause.Done>

  /** The queue drops what it cannot hold, which fails the request. */
  constructor(
    draft: Draft,
    connection: Connection,
    reading: Reading<Inform, Reply, unknown>,
    queue: Queue.Queue<Piece<Inform, Reply>, Failure | Cause.Done>
  ) {
    super(draft)
    this.connection = connection
    this.reading = reading
    this.queue = queue
  }

  inform(message: ParsedMessage): void {
    const { connection } = this
    try {
      const inform = this.reading.inform(message, connection.dialect)
      if (inform instanceof Arg.Invalid) this.giveUp(new MalformedReply({ detail: `an inform: ${inform.message}` }))
      else if (!Queue.offerUnsafe(this.queue, { _tag: "Inform", inform }))
        this.giveUp(tooManyInforms(connection.maxInforms))
      else {
        this.bytes += message.size
        if (++this.pieces >= ahead || this.bytes >= bytesAhead) connection.hold(this)
      }
    } catch (defect) {
      connection.giveUp(this)
      Queue.failCauseUnsafe(this.queue, Cause.die(defect))
    }
  }

  reply(message: ParsedMessage): void {
    const { connection, queue } = this
    try {
      const no = this.reading.checked ? refusal(message) : undefined
      const reply = no ?? this.reading.reply(message, connection.dialect)
      if (no !== undefined) this.end(no._tag === "MalformedReply" ? connection.error(no, this) : no)
      else if (reply instanceof Arg.Invalid)
        this.end(connection.error(new MalformedReply({ detail: `the reply: ${reply.message}` }), this))
      else if (Queue.offerUnsafe(queue, { _tag: "Reply", reply: reply as Reply })) Queue.endUnsafe(queue)
      else this.end(connection.error(tooManyInforms(connection.maxInforms), this))
    } catch (defect) {
      Queue.failCauseUnsafe(queue, Cause.die(defect))
    }
  }

  /** The reader has taken all that is there. */
  taken(): void {
    this.pieces = 0
    this.bytes = 0
    this.connection.resume(this)
  }

  fail(error: KatcpError): void {
    this.end(error)
  }

  private giveUp(reason: MalformedReply): void {
    this.connection.giveUp(this)
    this.fail(this.connection.error(reason, this))
  }

  private end(error: Failure): void {
    Queue.failCauseUnsafe(this.queue, Cause.fail(error))
  }
}
