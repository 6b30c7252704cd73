import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ConnectedClient, Request, RequestContext } from "../../Interface/index.ts"
import type { RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { Journal } from "../Journal.ts"
import { type Answer, handlerOf } from "./Answer.ts"

/**
 * A request received by a fake device.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked<R extends Request.Any> {
  /** Its name. */
  readonly name: R["name"]
  /** Its arguments, as passed to a handler. */
  readonly args: Request.Arguments<R>
  /** The client. */
  readonly client: ConnectedClient
  /** Its id, or `undefined`. */
  readonly id: number | undefined
  /** The time in milliseconds since 1970, by the Clock. */
  readonly time: number
}

type Handle = ReturnType<typeof handlerOf>

/**
 * A request of a fake device: its calls, and its answers.
 *
 * @category models
 * @since 0.1.0
 */
export class FakeRequest<in out R extends Request.Any> {
  /** The calls, in order. */
  readonly asked: Journal<Asked<R>>
  private readonly name: R["name"]
  private readonly first: Handle
  private readonly log: Journal<Asked<Request.Any>>
  private current: Handle
  private readonly queue: Array<Handle> = []

  /** Created by a fake device only. */
  constructor(name: R["name"], first: Handle, log: Journal<Asked<Request.Any>>) {
    this.name = name
    this.asked = new Journal(`?${name} of the fake device`, showAsked)
    this.first = first
    this.current = first
    this.log = log
  }

  /** Sets the answer from now on. */
  answer(answer: Answer<R>): Effect.Effect<void> {
    return Effect.sync(() => {
      this.current = handlerOf(answer, this.first)
    })
  }

  /** Sets the answer of one call; several are used in turn. Afterwards `answer` applies. */
  once(answer: Answer<R>): Effect.Effect<void> {
    return Effect.sync(() => {
      this.queue.push(handlerOf(answer, this.first))
    })
  }

  /** Restores the initial answer. */
  get reset(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.current = this.first
      this.queue.length = 0
    })
  }

  /** @internal */
  readonly handle = (
    args: Request.Arguments<R>,
    context: RequestContext<R>
  ): Effect.Effect<unknown, RequestFailed | RequestInvalid> =>
    Clock.clockWith((clock) => {
      const { client, id } = context
      const asked: Asked<R> = { name: this.name, args, client, id, time: clock.currentTimeMillisUnsafe() }
      this.asked.add(asked)
      this.log.add(asked)
      return (this.queue.shift() ?? this.current)(args, context)
    })
}

/** For errors. */
export const showAsked = <R extends Request.Any>({ args, client, name, time }: Asked<R>): string =>
  `${time} ${client.address} ?${name} ${JSON.stringify(args, (_, value) => (typeof value === "bigint" ? `${value}` : value))}`
