import type { Message } from "../../Message/index.ts"

/**
 * The whole answer to a request: its informs and its reply (Rev 5.1 §2, §2.3).
 *
 * @category models
 * @since 0.1.0
 */
export class Answer {
  /** The reply. */
  readonly reply: Message
  /** The informs of the request, in the order of arrival. */
  readonly informs: ReadonlyArray<Message>

  constructor(reply: Message, informs: ReadonlyArray<Message>) {
    this.reply = reply
    this.informs = informs
  }

  /** The return code: `ok`, `fail`, `invalid` or another word. Empty if the reply has none. */
  get code(): string {
    return this.reply.text(0) ?? ""
  }

  /** `true` if the return code is `ok` (Rev 5.1 §2). */
  get ok(): boolean {
    return this.code === "ok"
  }

  /** The arguments after the return code as text. Their bytes are in {@link reply}. */
  get values(): ReadonlyArray<string> {
    return Array.from({ length: Math.max(0, this.reply.length - 1) }, (_, index) => this.reply.text(index + 1)!)
  }

  /** The reply, then the informs. */
  get messages(): ReadonlyArray<Message> {
    return [this.reply, ...this.informs]
  }

  /** Returns the informs, then the reply, one line each: for people and logs. */
  toString(): string {
    return [...this.informs, this.reply].join("\n")
  }
}
