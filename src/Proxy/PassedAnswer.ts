import * as Effect from "effect/Effect"
import type { ParsedMessage } from "../Codec/index.ts"
import type { Request, RequestContext } from "../Interface/index.ts"
import { type Message, RequestFailed } from "../Message/index.ts"

/**
 * The bytes of informs between two checks whether the client takes them. Not measured: as much as Node reads at once.
 */
const looked = 65_536
/**
 * The bytes of informs that may wait for the client of one request. Beyond them the request fails: the device is not
 * held back, because the readings of all other clients come over the same connection. Not measured: the descriptions of
 * 100,000 sensors.
 */
const maxWaiting = 16_777_216

/** The informs of one request on their way to its client, which may be slower than the device. */
export class PassedAnswer {
  private readonly device: string
  private readonly context: RequestContext<Request.RawRequest<string>>
  private readonly run: (effect: Effect.Effect<void>) => void
  /** The bytes that were passed on, and the number of those that the client has taken. */
  private passed = 0
  private taken = 0
  private looking = false

  constructor(
    device: string,
    context: RequestContext<Request.RawRequest<string>>,
    run: (effect: Effect.Effect<void>) => void
  ) {
    this.device = device
    this.context = context
    this.run = run
  }

  /** Passes an inform on. Returns the failure of the request if the client is too slow. */
  readonly inform = (message: ParsedMessage): RequestFailed | undefined => {
    this.context.inform(argumentsOf(message))
    // the arguments, and the head of the line
    this.passed += message.size + 16
    const waiting = this.passed - this.taken
    if (waiting > maxWaiting)
      return new RequestFailed({
        message: `${this.device}: more than ${maxWaiting} bytes of the answer wait for this client to read them`
      })
    if (waiting > looked && !this.looking) this.look()
    return undefined
  }

  private look(): void {
    const { passed } = this
    this.looking = true
    this.run(
      Effect.andThen(
        this.context.drain,
        Effect.sync(() => {
          this.taken = passed
          this.looking = false
        })
      )
    )
  }
}

/** The arguments of a message, as bytes. */
export const argumentsOf = (message: Message): ReadonlyArray<Uint8Array> =>
  Array.from({ length: message.length }, (_, index) => message.bytes(index)!)
