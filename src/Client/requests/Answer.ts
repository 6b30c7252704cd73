import type { Arg, Dialect, ParsedMessage } from "../../Codec/index.ts"
import type { Request } from "../../Interface/index.ts"
import { MalformedReply, type Message, RequestFailed, RequestInvalid } from "../../Message/index.ts"

/**
 * How the answer to a request is read: each inform as it comes, then the reply, then what both make together.
 */
export interface Reading<Inform, Reply, Result> {
  /** An inform, in memory of its own. */
  readonly inform: (message: ParsedMessage, dialect: Dialect.Dialect) => Inform | Arg.Invalid
  /** A reply that says `ok`, in memory of its own. */
  readonly reply: (message: ParsedMessage, dialect: Dialect.Dialect) => Reply | Arg.Invalid
  /** What a call gives that gathers all. */
  readonly result: (reply: Reply, informs: ReadonlyArray<Inform>) => Result
  /** Whether a reply of another code is a failure. */
  readonly checked: boolean
}

/**
 * The whole answer to a request: its informs and its reply (Rev 5.1 §2, §2.3).
 *
 * @category models
 * @since 0.1.0
 */
export class Answer {
  /** The reply. */
  readonly reply: Message
  /** The informs of the request, in the order in which they came. */
  readonly informs: ReadonlyArray<Message>

  constructor(reply: Message, informs: ReadonlyArray<Message>) {
    this.reply = reply
    this.informs = informs
  }

  /** The return code: `ok`, `fail`, `invalid` or another word; empty where the reply has none. */
  get code(): string {
    return this.reply.text(0) ?? ""
  }

  /** Whether the return code is `ok` (Rev 5.1 §2). */
  get ok(): boolean {
    return this.code === "ok"
  }

  /** The arguments behind the return code as text. Their bytes are in {@link reply}. */
  get values(): ReadonlyArray<string> {
    return Array.from({ length: Math.max(0, this.reply.length - 1) }, (_, index) => this.reply.text(index + 1)!)
  }

  /** The reply, then the informs. */
  get messages(): ReadonlyArray<Message> {
    return [this.reply, ...this.informs]
  }

  /** For people and logs: the informs, then the reply, a line each. */
  toString(): string {
    return [...this.informs, this.reply].join("\n")
  }
}

const own = (message: ParsedMessage): Message => message.own()
const answer = (reply: Message, informs: ReadonlyArray<Message>): Answer => new Answer(reply, informs)

/** As messages, for requests that are called by name. */
export const plain: Reading<Message, Message, Answer> = { inform: own, reply: own, result: answer, checked: true }

/** As messages, whatever the return code. */
export const unchecked: Reading<Message, Message, Answer> = { ...plain, checked: false }

const rawResult = (reply: object, informs: ReadonlyArray<unknown>) => ({ ...reply, informs })
// the record was made by the reading itself, so it may be added to
const typedResult = (reply: object, informs: ReadonlyArray<unknown>) => Object.assign(reply, { informs })

/** As the contract of the request says. */
export const fromContract = (request: Request.Any): Reading<unknown, object, object> =>
  request._tag === "RawRequest"
    ? { inform: own, reply: (message) => ({ reply: message.own() }), result: rawResult, checked: true }
    : {
        inform: (message, dialect) => request.informs.decode(message, 0, dialect),
        reply: (message, dialect) => request.reply.decode(message, 1, dialect),
        result: typedResult,
        checked: true
      }

/** Why a reply is none that succeeds; undefined where it does (Rev 5.1 §2, table 4). */
export const refusal = (message: ParsedMessage): RequestFailed | RequestInvalid | MalformedReply | undefined => {
  const code = message.text(0)
  if (code === "ok") return undefined
  if (code === undefined) return new MalformedReply({ detail: "a reply without a return code" })
  const text = message.text(1) ?? ""
  return code === "invalid" ? new RequestInvalid({ message: text }) : new RequestFailed({ code, message: text })
}
