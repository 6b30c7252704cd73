import * as Effect from "effect/Effect"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError, Message } from "../../Message/index.ts"
import type { InFlight } from "../connection/InFlight.ts"
import { type Draft, OpenRequest } from "../connection/RequestTable.ts"

/** A request whose informs are passed on at once, one by one, to a function that copies what it needs. */
export class Relayed<E> extends OpenRequest {
  private readonly requests: InFlight
  private readonly onInform: (message: ParsedMessage) => E | undefined
  private readonly resume: (effect: Effect.Effect<Message, KatcpError | E>) => void

  constructor(
    draft: Draft,
    requests: InFlight,
    onInform: (message: ParsedMessage) => E | undefined,
    resume: (effect: Effect.Effect<Message, KatcpError | E>) => void
  ) {
    super(draft)
    this.requests = requests
    this.onInform = onInform
    this.resume = resume
  }

  inform(message: ParsedMessage): void {
    try {
      const error = this.onInform(message)
      if (error !== undefined) this.giveUp(Effect.fail(error))
    } catch (defect) {
      this.giveUp(Effect.die(defect))
    }
  }

  reply(message: ParsedMessage): void {
    this.resume(Effect.succeed(message.own()))
  }

  fail(error: KatcpError): void {
    this.resume(Effect.fail(error))
  }

  private giveUp(effect: Effect.Effect<never, E>): void {
    this.requests.giveUp(this)
    this.resume(effect)
  }
}
