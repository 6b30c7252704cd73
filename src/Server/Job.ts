import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { Arg } from "../Codec/index.ts"
import type { RequestContext } from "../Interface/index.ts"

import type { Entry } from "./RequestTable.ts"
import type { Session } from "./Session.ts"

/** How many bytes of informs may gather before a handler that sends many of them waits for the client. */
const informsAhead = 65536

/**
 * One request that is being answered: what its handler sees as context, and the one reply that goes out for it.
 * Its functions are made when a handler takes them, so that they may be taken apart: `({ az }, { inform }) => …`.
 */
// biome-ignore lint/suspicious/noExplicitAny: the handler's own types are those of its request
export class Job implements RequestContext<any> {
  readonly session: Session
  readonly entry: Entry
  readonly id: number | undefined
  /** Whether the one reply went out. */
  replied = false
  /** The fiber that the handler runs in, where it did not finish at once. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined

  constructor(session: Session, entry: Entry, id: number | undefined) {
    this.session = session
    this.entry = entry
    this.id = id
  }

  get client(): Session {
    return this.session
  }

  get inform(): (values: unknown) => void {
    return (values) => {
      if (this.replied)
        throw new Error(`?${this.entry.name}: an inform after the reply; send it before, or as an asynchronous inform`)
      const list = this.encoded("inform", values)
      if (this.session.alive) this.session.write("inform", this.entry.name, this.id, list)
    }
  }

  get informs(): (values: Iterable<unknown>) => Effect.Effect<void> {
    return Effect.fnUntraced({ self: this }, function* (values) {
      const { inform, session } = this
      for (const value of values) {
        inform(value)
        if (session.backlog > informsAhead) yield* session.drained
      }
    })
  }

  get drain(): Effect.Effect<void> {
    return this.session.drained
  }

  get reply(): (values: unknown) => void {
    return (values) => {
      if (this.replied) throw new Error(`?${this.entry.name}: a second reply`)
      this.succeed(values)
    }
  }

  /** Answers with the reply that the values give. Throws where they do not fit the contract. */
  succeed(values: unknown): void {
    const list = this.encoded("reply", values)
    this.replied = true
    if (this.session.alive) this.session.write("reply", this.entry.name, this.id, list)
  }

  /** Answers with a failure, unless there was a reply. */
  refuse(code: string, text: string): void {
    if (this.replied) return
    this.replied = true
    if (this.session.alive) this.session.write("reply", this.entry.name, this.id, [code, text])
  }

  private encoded(kind: "reply" | "inform", values: unknown): ReadonlyArray<string | Uint8Array> {
    const list = this.entry.encode(kind, values, this.session.dialect)
    if (list instanceof Arg.Invalid)
      throw new TypeError(`?${this.entry.name}: ${kind} does not fit its contract: ${list.message}`)
    return list
  }
}
