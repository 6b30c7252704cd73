/**
 * The errors that users of this library meet, each tagged.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { causeOf, known } from "./causeOf.ts"

/**
 * A line that is not a message: what is wrong, where, and the line itself (Rev 5.1 §2.1).
 *
 * @category errors
 * @since 0.1.0
 */
export class KatcpSyntaxError extends Schema.TaggedError<KatcpSyntaxError>("katcp/KatcpSyntaxError")(
  "KatcpSyntaxError",
  {
    /** What is wrong. */
    reason: Schema.String,
    /** Which byte of the line is at fault, counted from 1. */
    position: Schema.Int,
    /** The line, without its end; of an over-long line, or one with too many arguments, the beginning. */
    raw: Schema.Uint8Array,
    /** Kind, name and id of a line that is sound but has too many arguments: a request can be answered then. */
    head: Schema.optionalKey(
      Schema.Struct({
        kind: Schema.Literals(["request", "reply", "inform"]),
        name: Schema.String,
        id: Schema.UndefinedOr(Schema.Int)
      })
    )
  }
) {
  override get message(): string {
    return `${this.reason} at character ${this.position}`
  }
}

/**
 * A well-formed request could not be done. A handler fails with it to answer `fail` and the message, or another
 * failure word given as `code`; a client's call fails with it when the device said so (Rev 5.1 §2, table 4).
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestFailed extends Schema.TaggedError<RequestFailed>("katcp/RequestFailed")("RequestFailed", {
  /** What went wrong, for people. */
  message: Schema.String,
  /** The return code: `fail` by default, any word but `ok` and `invalid`. */
  code: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("fail")))
}) {}

/**
 * A request was malformed: unknown, or its arguments make no sense. A handler fails with it to answer `invalid` and
 * the message; a client's call fails with it when the device said so (Rev 5.1 §2, table 4).
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestInvalid extends Schema.TaggedError<RequestInvalid>("katcp/RequestInvalid")("RequestInvalid", {
  /** What is wrong with the request, for people. */
  message: Schema.String
}) {}

/**
 * The connection could not be made. The message says why, in words: refused, no such host, a certificate that has
 * expired, …
 *
 * @category reasons
 * @since 0.1.0
 */
export class ConnectFailed extends Schema.TaggedError<ConnectFailed>("katcp/ConnectFailed")("ConnectFailed", {
  cause: Schema.Defect()
}) {
  override get message(): string {
    const why = known(this.cause)
    return why === undefined
      ? `the connection could not be made: ${causeOf(this.cause)}; is the device running, and are host and port right?`
      : `the connection could not be made: ${why}`
  }
}

/**
 * There is no connection, or it was lost before the reply came. Nothing is sent again by itself.
 *
 * @category reasons
 * @since 0.1.0
 */
export class Disconnected extends Schema.TaggedError<Disconnected>("katcp/Disconnected")("Disconnected", {
  /** Whether the request had been sent: then the device may have carried it out. */
  sent: Schema.Boolean,
  /** What the device said in `#disconnect` (Rev 5.1 §4.2), or what the network said. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.sent
      ? `the connection was lost before the reply came (${this.detail}); the device may have done it`
      : `not connected (${this.detail})`
  }
}

/**
 * No reply came in time.
 *
 * @category reasons
 * @since 0.1.0
 */
export class TimedOut extends Schema.TaggedError<TimedOut>("katcp/TimedOut")("TimedOut", {
  /** Which time-out it was: the one of the call, of the contract, of the server's hint, or the client's default. */
  which: Schema.Literals(["call", "contract", "hint", "default", "negotiation"]),
  /** How long it is, in milliseconds. */
  timeout: Schema.Finite
}) {
  override get message(): string {
    return this.which === "negotiation"
      ? `the device did not say within ${this.timeout} ms which protocol it speaks: preset it, if it is silent`
      : `no reply within ${this.timeout} ms (the time-out of the ${this.which === "hint" ? "server's hint" : this.which})`
  }
}

/**
 * The peer does not speak what was asked for: message ids, a flag, a version (Rev 5.1 §4.2).
 *
 * @category reasons
 * @since 0.1.0
 */
export class Unsupported extends Schema.TaggedError<Unsupported>("katcp/Unsupported")("Unsupported", {
  /** What it lacks. */
  feature: Schema.String
}) {
  override get message(): string {
    return `the device does not support ${this.feature}`
  }
}

/**
 * The device contradicts itself about its version: connect informs of version 4 and of version 5 (Rev 5.1 §4.2).
 *
 * @category reasons
 * @since 0.1.0
 */
export class ProtocolConflict extends Schema.TaggedError<ProtocolConflict>("katcp/ProtocolConflict")(
  "ProtocolConflict",
  {
    /** What it said. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `the device contradicts itself about its protocol version: ${this.detail}`
  }
}

/**
 * The device answered, but not in the form that the contract or the protocol gives.
 *
 * @category reasons
 * @since 0.1.0
 */
export class MalformedReply extends Schema.TaggedError<MalformedReply>("katcp/MalformedReply")("MalformedReply", {
  /** What does not fit. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the device's answer makes no sense: ${this.detail}`
  }
}

/**
 * The request was not sent, since its arguments do not fit the contract or the grammar.
 *
 * @category reasons
 * @since 0.1.0
 */
export class BadArgument extends Schema.TaggedError<BadArgument>("katcp/BadArgument")("BadArgument", {
  /** Which argument, and what is wrong with it. */
  detail: Schema.String
}) {
  override get message(): string {
    return `not sent: ${this.detail}`
  }
}

/**
 * The request was not sent, since who made the client does not want it: it is not among those that are allowed, or the
 * resource is not active.
 *
 * @category reasons
 * @since 0.1.0
 */
export class NotAllowed extends Schema.TaggedError<NotAllowed>("katcp/NotAllowed")("NotAllowed", {
  /** What is not allowed. */
  detail: Schema.String
}) {
  override get message(): string {
    return `not sent: ${this.detail}`
  }
}

/**
 * A message is longer than the limit allows.
 *
 * @category reasons
 * @since 0.1.0
 */
export class TooLong extends Schema.TaggedError<TooLong>("katcp/TooLong")("TooLong", {
  /** The limit in bytes. */
  limit: Schema.Int
}) {
  override get message(): string {
    return `a line of more than ${this.limit} bytes: raise the line limit if that is meant`
  }
}

const Reason = Schema.Union([
  ConnectFailed,
  Disconnected,
  TimedOut,
  Unsupported,
  ProtocolConflict,
  MalformedReply,
  BadArgument,
  NotAllowed,
  TooLong
])

/**
 * A request got no answer that counts. `reason` says why; it is one of a closed union that `Effect.catchReason` takes
 * apart. What the device itself refused is {@link RequestFailed} or {@link RequestInvalid} instead.
 *
 * @category errors
 * @since 0.1.0
 */
export class KatcpError extends Schema.TaggedError<KatcpError>("katcp/KatcpError")("KatcpError", {
  /** Why. */
  reason: Reason,
  /** The device's address, as far as it is known. */
  host: Schema.optionalKey(Schema.String),
  /** The name of the request. */
  request: Schema.optionalKey(Schema.String),
  /** The id of the request. */
  id: Schema.optionalKey(Schema.Int),
  /** Milliseconds since the request was made. */
  elapsed: Schema.optionalKey(Schema.Finite)
}) {
  override get message(): string {
    const what = this.request === undefined ? "" : `?${this.request}${this.id === undefined ? "" : `[${this.id}]`} `
    const where = this.host === undefined ? "" : `to ${this.host} `
    const when = this.elapsed === undefined ? "" : `after ${Math.round(this.elapsed)} ms`
    const head = `${what}${where}${when}`.trim()
    return head === "" ? this.reason.message : `${head}: ${this.reason.message}`
  }
}
