import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Arg, type ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply, type RequestFailed, type RequestInvalid } from "../../Message/index.ts"
import type { Connection } from "../connection/Connection.ts"
import { type Draft, OpenRequest } from "../connection/OpenRequest.ts"
import { type Reading, refusal } from "./Answer.ts"

/** How a request can fail. */
export type Failure = RequestFailed | RequestInvalid | KatcpError

const none: ReadonlyArray<never> = []

/** A request whose caller is suspended until all of its answer is there. */
export class Gathered<Inform, Reply, Result> extends OpenRequest {
  private readonly connection: Connection
  private readonly reading: Reading<Inform, Reply, Result>
  private readonly resume: (effect: Effect.Effect<Result, Failure>) => void
  private informs: Array<Inform> | undefined = undefined
  private unfit: string | undefined = undefined

  constructor(
    draft: Draft,
    connection: Connection,
    reading: Reading<Inform, Reply, Result>,
    resume: (effect: Effect.Effect<Result, Failure>) => void
  ) {
    super(draft)
    this.connection = connection
    this.reading = reading
    this.resume = resume
  }

  inform(message: ParsedMessage): void {
    if (this.unfit !== undefined) return
    const { connection } = this
    let value: Inform | Arg.Invalid
    try {
      value = this.reading.inform(message, connection.dialect)
    } catch (defect) {
      connection.giveUp(this)
      this.resume(Exit.die(defect))
      return
    }
    if (value instanceof Arg.Invalid) {
      this.informs = undefined
      this.unfit = value.message
    } else if (this.informs === undefined) this.informs = [value]
    else if (this.informs.push(value) > connection.maxInforms) {
      connection.giveUp(this)
      this.fail(connection.error(tooManyInforms(connection.maxInforms), this))
    }
  }

  reply(message: ParsedMessage): void {
    this.resume(this.exit(message))
  }

  fail(error: KatcpError): void {
    this.resume(Exit.fail(error))
  }

  private exit(message: ParsedMessage): Exit.Exit<Result, Failure> {
    const { connection, reading } = this
    try {
      const no = reading.checked ? refusal(message) : undefined
      if (no !== undefined) return Exit.fail(no._tag === "MalformedReply" ? connection.error(no, this) : no)
      if (this.unfit !== undefined) return this.malformed(`an inform: ${this.unfit}`)
      const reply = reading.reply(message, connection.dialect)
      if (reply instanceof Arg.Invalid) return this.malformed(`the reply: ${reply.message}`)
      return Exit.succeed(reading.result(reply, this.informs ?? none))
    } catch (defect) {
      return Exit.die(defect)
    }
  }

  private malformed(detail: string): Exit.Exit<never, KatcpError> {
    return Exit.fail(this.connection.error(new MalformedReply({ detail }), this))
  }
}

/** What a request fails with that is answered by more informs than are held. */
export const tooManyInforms = (limit: number): MalformedReply =>
  new MalformedReply({ detail: `more than ${limit} informs, and no end of them` })
