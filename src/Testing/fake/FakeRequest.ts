import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ConnectedClient, Request, RequestContext } from "../../Interface/index.ts"
import type { RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { Journal } from "../Journal.ts"
import { type Answer, handlerOf } from "./Answer.ts"

/**
 * A request that a fake device was asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked<R extends Request.Any> {
  /** Its name. */
  readonly name: R["name"]
  /** Its arguments, as a handler gets them. */
  readonly args: Request.Arguments<R>
  /** Who asked. */
  readonly client: ConnectedClient
  /** Its id, undefined where it has none. */
  readonly id: number | undefined
  /** When, in milliseconds since 1970, by the Clock. */
  readonly time: number
}

type Handle = ReturnType<typeof handlerOf>

/**
 * A request of a fake device: what it was asked, and what it answers.
 *
 * @category models
 * @since 0.1.0
 */
export class FakeRequest<in out R extends Request.Any> {
  /** What it was asked, in order. */
  readonly asked: Journal<Asked<R>>
  private readonly name: R["name"]
  private readonly first: Handle
  private readonly log: Journal<Asked<Request.Any>>
  private current: Handle
  private readonly queue: Array<Handle> = []

  /** Made by a fake device only. */
  constructor(name: R["name"], first: Handle, log: Journal<Asked<Request.Any>>) {
    this.name = name
    this.asked = new Journal(`?${name} of the fake device`, showAsked)
    this.first = first
    this.current = first
    this.log = log
  }

  /** What it is answered with from now on. */
  answer(answer: Answer<R>): Effect.Effect<void> {
    return Effect.sync(() => {
      this.current = handlerOf(answer, this.first)
    })
  }

  /** What it is answered with once; several wait for their turn. Then as {@link answer} says. */
  once(answer: Answer<R>): Effect.Effect<void> {
    return Effect.sync(() => {
      this.queue.push(handlerOf(answer, this.first))
    })
  }

  /** It is answered as at the beginning again. */
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
