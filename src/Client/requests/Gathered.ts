import * as Exit from "effect/Exit"
import { Arg, type ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply } from "../../Message/index.ts"
import type { InFlight } from "../connection/InFlight.ts"
import { type Draft, OpenRequest } from "../connection/RequestTable.ts"
import { type AnswerDecoder, refusal, tooManyInforms } from "./AnswerDecoder.ts"
import type { Failure } from "./Failure.ts"

const none: ReadonlyArray<never> = []

/** A request whose caller waits for the whole answer. */
export class Gathered<Inform, Reply, Result> extends OpenRequest {
  private readonly requests: InFlight
  private readonly decoder: AnswerDecoder<Inform, Reply, Result>
  private readonly resume: (exit: Exit.Exit<Result, Failure>) => void
  private informs: Array<Inform> | undefined = undefined
  private heard = 0
  /** The fault of an inform: the request fails when its reply arrives. */
  private fault: string | undefined = undefined

  constructor(
    draft: Draft,
    requests: InFlight,
    decoder: AnswerDecoder<Inform, Reply, Result>,
    resume: (exit: Exit.Exit<Result, Failure>) => void
  ) {
    super(draft)
    this.requests = requests
    this.decoder = decoder
    this.resume = resume
  }

  inform(message: ParsedMessage): void {
    if (this.fault !== undefined) return
    const { requests } = this
    let value: Inform | Arg.Invalid
    try {
      value = this.decoder.inform(message, requests.dialect)
    } catch (defect) {
      requests.giveUp(this)
      this.resume(Exit.die(defect))
      return
    }
    if (value instanceof Arg.Invalid) {
      this.informs = undefined
      this.fault = value.message
      return
    }
    this.heard++
    if (this.heard > requests.maxInforms) {
      requests.giveUp(this)
      this.fail(requests.error(tooManyInforms(requests.maxInforms), this))
    } else if (this.informs === undefined) this.informs = value === undefined ? undefined : [value]
    else this.informs.push(value)
  }

  reply(message: ParsedMessage): void {
    this.resume(this.exit(message))
  }

  fail(error: KatcpError): void {
    this.resume(Exit.fail(error))
  }

  private exit(message: ParsedMessage): Exit.Exit<Result, Failure> {
    const { decoder, requests } = this
    try {
      const no = decoder.checked ? refusal(message) : undefined
      if (no !== undefined) return Exit.fail(no._tag === "MalformedReply" ? requests.error(no, this) : no)
      if (this.fault !== undefined) return this.malformed(`an inform: ${this.fault}`)
      const reply = decoder.reply(message, requests.dialect)
      if (reply instanceof Arg.Invalid) return this.malformed(`the reply: ${reply.message}`)
      return Exit.succeed(decoder.result(reply, this.informs ?? none))
    } catch (defect) {
      return Exit.die(defect)
    }
  }

  private malformed(detail: string): Exit.Exit<never, KatcpError> {
    return Exit.fail(this.requests.error(new MalformedReply({ detail }), this))
  }
}
