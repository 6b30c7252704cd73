import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { Arg, type ParsedMessage } from "../Codec/index.ts"
import { printable, type RequestContext } from "../Interface/index.ts"
import { errorText, RequestFailed, RequestInvalid } from "../Message/index.ts"
import type { OpenRecord } from "./audit/audited.ts"
import { defectText } from "./defectText.ts"
import type { Entry } from "./RequestTable.ts"
import type { Session } from "./Session.ts"

/** How many bytes of informs may gather before a handler that sends many of them waits for the client. */
const informsAhead = 65536
/** Up to this size a request in flight keeps the chunk that it came in; copying the request costs some 0.1 µs. */
const keptChunk = 4096

/**
 * One request that is being answered: what its handler sees as context, and the one reply that goes out for it.
 * Its functions are made when a handler takes them, so that they may be taken apart: `({ az }, { inform }) => …`.
 */
// biome-ignore lint/suspicious/noExplicitAny: the handler's own types are those of its request
export class Job implements RequestContext<any> {
  readonly session: Session
  readonly entry: Entry
  readonly id: number | undefined
  private request: ParsedMessage
  private owned = false
  /** Whether the one reply went out. */
  replied = false
  /** The fiber that the handler runs in, where it did not finish at once. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined
  /** Its audit record, if there will be one. */
  record: OpenRecord | undefined = undefined

  constructor(session: Session, entry: Entry, message: ParsedMessage) {
    this.session = session
    this.entry = entry
    this.id = message.id
    this.request = message
  }

  get message(): ParsedMessage {
    this.own()
    return this.request
  }

  /** The handler goes on after its chunk: a large one is not kept alive for one request. */
  suspended(): void {
    if (this.request.chunk.bytes.length > keptChunk) this.own()
  }

  private own(): void {
    if (this.owned) return
    this.request = this.request.own()
    this.owned = true
  }

  get client(): Session {
    return this.session
  }

  get inform(): (values: unknown) => void {
    return (values) => {
      if (this.replied)
        throw new Error(`?${this.entry.name}: an inform after the reply; send it before, or as an asynchronous inform`)
      this.session.write("inform", this.entry.name, this.id, this.encoded("inform", values))
    }
  }

  get informs(): (values: Iterable<unknown>) => Effect.Effect<void> {
    return Effect.fnUntraced({ self: this }, function* (values) {
      const { inform, session } = this
      for (const value of values) {
        if (!session.alive) return
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
  private succeed(values: unknown): void {
    const list = this.encoded("reply", values)
    this.replied = true
    this.session.write("reply", this.entry.name, this.id, list)
    this.record?.close(codeOf(list[0]))
  }

  /** Answers with a failure, unless there was a reply. */
  refuse(code: string, text: string, charset: "ascii" | "unicode" = "ascii"): void {
    if (this.replied) return
    this.replied = true
    this.session.write("reply", this.entry.name, this.id, [code, printable(text, charset)])
    this.record?.close(code, text)
  }

  /** Answers that the client may not do this, which is counted. */
  deny(text: string): void {
    this.denied()
    this.refuse("fail", text)
  }

  /** Counts that the client may not do this; the answer follows. */
  denied(): void {
    this.session.hub.counts.refusedRequests++
    this.record?.refuse()
  }

  /** Answers that it will not be done any more. */
  cancel(text: string): void {
    if (this.replied) return
    this.replied = true
    this.session.write("reply", this.entry.name, this.id, ["fail", printable(text, "ascii")])
    this.record?.close("cancelled", text)
  }

  /** Answers with what came of the handler. */
  settle(exit: Exit.Exit<unknown, unknown>): void {
    if (exit._tag === "Failure") return this.failed(exit.cause)
    // it may have answered by itself
    if (this.replied) return this.record?.close("ok")
    try {
      this.succeed(exit.value)
    } catch (defect) {
      this.defect(defect, Cause.die(defect))
    }
  }

  private failed(cause: Cause.Cause<unknown>): void {
    const failure = cause.reasons.find(Cause.isFailReason)?.error
    if (failure instanceof RequestInvalid) this.failure("invalid", failure.message)
    // no failure may look like a success
    else if (failure instanceof RequestFailed)
      this.failure(failure.code === "ok" || failure.code === "" ? "fail" : failure.code, failure.message)
    else if (cause.reasons.every(Cause.isInterruptReason)) this.cancel("Request cancelled.")
    else this.defect(Cause.squash(cause), cause)
  }

  private failure(code: string, text: string): void {
    if (this.replied) this.session.complain(`?${this.entry.name} failed after its reply: ${text}`)
    else this.refuse(code, text, "unicode")
  }

  /** Something that the handler was not meant to end with: its message goes out, its cause to the local log. */
  private defect(defect: unknown, cause: Cause.Cause<unknown>): void {
    this.failure("fail", defectText(defect, this.session.hub.options.defects))
    const { address, hub } = this.session
    const { name } = this.entry
    const kind = `?${name}: ${errorText(defect, "").slice(0, 100)}`
    hub.report("Error", kind, `?${name} of ${address} has a defect`, cause)
  }

  private encoded(kind: "reply" | "inform", values: unknown): ReadonlyArray<string | Uint8Array> {
    const list = this.entry.encode(kind, values, this.session.dialect)
    if (list instanceof Arg.Invalid)
      throw new TypeError(`?${this.entry.name}: ${kind} does not fit its contract: ${list.message}`)
    return list
  }
}

/** The return code of a reply. */
const codeOf = (argument: string | Uint8Array | undefined): string =>
  typeof argument === "string" ? argument : new TextDecoder().decode(argument)
