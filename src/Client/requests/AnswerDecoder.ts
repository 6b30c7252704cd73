import type { Arg, Dialect, ParsedMessage } from "../../Codec/index.ts"
import type { Request } from "../../Interface/index.ts"
import { MalformedReply, type Message, RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { Answer } from "./Answer.ts"

/** Decodes the answer to a request: each inform as it arrives, then the reply, then both together. */
export interface AnswerDecoder<Inform, Reply, Result> {
  /** Decodes an inform into separate memory. Returns `undefined` to keep nothing of any inform. */
  readonly inform: (message: ParsedMessage, dialect: Dialect.Dialect) => Inform | Arg.Invalid
  /** Decodes a reply with `ok` into separate memory. */
  readonly reply: (message: ParsedMessage, dialect: Dialect.Dialect) => Reply | Arg.Invalid
  /** Returns the result of a call that gathers the whole answer. */
  readonly result: (reply: Reply, informs: ReadonlyArray<Inform>) => Result
  /** `true` if a reply with another return code than `ok` is a failure. */
  readonly checked: boolean
}

const own = (message: ParsedMessage): Message => message.own()
const answer = (reply: Message, informs: ReadonlyArray<Message>): Answer => new Answer(reply, informs)

/** Keeps messages unchanged: for requests that are called by name. */
export const plain: AnswerDecoder<Message, Message, Answer> = { inform: own, reply: own, result: answer, checked: true }

/** Keeps messages unchanged, for any return code. */
export const unchecked: AnswerDecoder<Message, Message, Answer> = { ...plain, checked: false }

const rawResult = (reply: object, informs: ReadonlyArray<unknown>) => ({ ...reply, informs })
// the decoder itself created the record, so it may be extended
const typedResult = (reply: object, informs: ReadonlyArray<unknown>) => Object.assign(reply, { informs })

/** Returns the decoder for the contract of a request. */
export const fromContract = (request: Request.Any): AnswerDecoder<unknown, object, object> =>
  request._tag === "RawRequest"
    ? { inform: own, reply: (message) => ({ reply: message.own() }), result: rawResult, checked: true }
    : {
        inform: (message, dialect) => request.informs.decode(message, 0, dialect),
        reply: (message, dialect) => request.reply.decode(message, 1, dialect),
        result: typedResult,
        checked: true
      }

/** Returns the failure of a reply, or `undefined` if it succeeds (Rev 5.1 §2, table 4). */
export const refusal = (message: ParsedMessage): RequestFailed | RequestInvalid | MalformedReply | undefined => {
  const code = message.text(0)
  if (code === "ok") return undefined
  if (code === undefined) return new MalformedReply({ detail: "a reply without a return code" })
  const text = message.text(1) ?? ""
  return code === "invalid" ? new RequestInvalid({ message: text }) : new RequestFailed({ code, message: text })
}

/** Returns the failure of a request with more informs than can be held. */
export const tooManyInforms = (limit: number): MalformedReply =>
  new MalformedReply({ detail: `more than ${limit} informs without a reply` })
