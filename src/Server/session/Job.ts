import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { Arg, type ParsedMessage } from "../../Codec/index.ts"
import { printable } from "../../Interface/index.ts"
import { errorText, RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { defectText } from "../requests/defectText.ts"
import type { Entry } from "../requests/Entry.ts"
import type { Caller, RequestInFlight, RequestRecord } from "../requests/RequestInFlight.ts"

/**
 * Bytes of waiting informs at which a handler that sends many of them waits for the client. Not measured: as much as
 * Node reads from a socket at once.
 */
const informsAhead = 65536
/**
 * Bytes of a chunk that a request in flight may keep. From a larger chunk the request is copied, which costs some 0.1
 * µs (measured).
 */
const keptChunk = 4096

/**
 * One request in flight: the context of its handler, and its one reply. Its functions are created when a handler takes
 * them, so a handler may destructure it: `({ az }, { inform }) => …`.
 */
export class Job implements RequestInFlight {
  readonly client: Caller
  readonly entry: Entry
  readonly id: number | undefined
  private request: ParsedMessage
  private owned = false
  /** `true` once the reply was sent. */
  replied = false
  /** The fiber of the handler, if it did not finish at once. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined
  /** Its audit record, if it is recorded. */
  record: RequestRecord | undefined = undefined

  constructor(client: Caller, entry: Entry, message: ParsedMessage) {
    this.client = client
    this.entry = entry
    this.id = message.id
    this.request = message
  }

  get message(): ParsedMessage {
    this.own()
    return this.request
  }

  /** Called when the handler outlives its chunk: a large chunk is not kept alive for one request. */
  suspended(): void {
    if (this.request.chunk.bytes.length > keptChunk) this.own()
  }

  private own(): void {
    if (this.owned) return
    this.request = this.request.own()
    this.owned = true
  }

  get name(): string {
    return this.entry.name
  }

  writeInform(values: ReadonlyArray<string | Uint8Array>): void {
    this.client.outgoing.write("inform", this.entry.name, this.id, values)
  }

  writeReply(values: ReadonlyArray<string | Uint8Array>): void {
    this.replied = true
    this.client.outgoing.write("reply", this.entry.name, this.id, values)
  }

  get inform(): (values: unknown) => void {
    return (values) => {
      if (this.replied)
        throw new Error(`?${this.entry.name}: an inform after the reply; send it before, or as an asynchronous inform`)
      this.writeInform(this.encoded("inform", values))
    }
  }

  get informs(): (values: Iterable<unknown>) => Effect.Effect<void> {
    return Effect.fnUntraced({ self: this }, function* (values) {
      const { inform } = this
      const { outgoing } = this.client
      for (const value of values) {
        if (!outgoing.alive) return
        inform(value)
        if (outgoing.backlog > informsAhead) yield* outgoing.drained
      }
    })
  }

  get drain(): Effect.Effect<void> {
    return this.client.outgoing.drained
  }

  get reply(): (values: unknown) => void {
    return (values) => {
      if (this.replied) throw new Error(`?${this.entry.name}: a second reply`)
      this.succeed(values)
    }
  }

  /** Answers with the reply of these values. Throws if they do not fit the contract. */
  private succeed(values: unknown): void {
    const list = this.encoded("reply", values)
    this.writeReply(list)
    this.record?.close(codeOf(list[0]))
  }

  /** Answers with a failure, unless there was a reply. */
  refuse(code: string, text: string, charset: "ascii" | "unicode" = "ascii"): void {
    if (this.replied) return
    this.writeReply([code, printable(text, charset)])
    this.record?.close(code, text)
  }

  /** Answers with `fail`, because the client may not make this request. Counts the refusal. */
  deny(text: string): void {
    this.denied()
    this.refuse("fail", text)
  }

  /** Counts a refusal to this client; the answer follows. */
  denied(): void {
    this.client.runtime.counts.refusedRequests++
    this.record?.refuse()
  }

  /** Answers that the request is cancelled. */
  cancel(text: string): void {
    if (this.replied) return
    this.writeReply(["fail", printable(text, "ascii")])
    this.record?.close("cancelled", text)
  }

  /** Answers with the result of the handler. */
  settle(exit: Exit.Exit<unknown, unknown>): void {
    if (exit._tag === "Failure") return this.failed(exit.cause)
    // the handler may have answered already
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
    // a failure must not look like a success
    else if (failure instanceof RequestFailed)
      this.failure(failure.code === "ok" || failure.code === "" ? "fail" : failure.code, failure.message)
    else if (cause.reasons.every(Cause.isInterruptReason)) this.cancel("Request cancelled.")
    else this.defect(Cause.squash(cause), cause)
  }

  private failure(code: string, text: string): void {
    if (this.replied) this.client.complain(`?${this.entry.name} failed after its reply: ${text}`)
    else this.refuse(code, text, "unicode")
  }

  /** Answers for a handler that died: the client gets the message, the local log the cause. */
  private defect(defect: unknown, cause: Cause.Cause<unknown>): void {
    this.failure("fail", defectText(defect, this.client.runtime.options.defects))
    const { address, runtime } = this.client
    const { name } = this.entry
    const kind = `?${name}: ${errorText(defect, "").slice(0, 100)}`
    runtime.report("Error", kind, `?${name} of ${address} has a defect`, cause)
  }

  private encoded(kind: "reply" | "inform", values: unknown): ReadonlyArray<string | Uint8Array> {
    const list = this.entry.encode(kind, values, this.client.dialect)
    if (list instanceof Arg.Invalid)
      throw new TypeError(`?${this.entry.name}: ${kind} does not fit its contract: ${list.message}`)
    return list
  }
}

/** The return code of a reply. */
const codeOf = (argument: string | Uint8Array | undefined): string =>
  typeof argument === "string" ? argument : new TextDecoder().decode(argument)
