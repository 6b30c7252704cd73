/**
 * The tagged errors that users of this library handle.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { causeOf, known } from "./causeOf.ts"

/**
 * A line that is not a message, with the reason, the position and the line itself (Rev 5.1 §2.1).
 *
 * @category errors
 * @since 0.1.0
 */
export class KatcpSyntaxError extends Schema.TaggedError<KatcpSyntaxError>("katcp/KatcpSyntaxError")(
  "KatcpSyntaxError",
  {
    /** The reason. */
    reason: Schema.String,
    /** The position of the faulty byte in the line, counted from 1. */
    position: Schema.Int,
    /** The line without its end, or the beginning of the line if it is too long or has too many arguments. */
    raw: Schema.Uint8Array,
    /** Kind, name and id of a well-formed line with too many arguments, so a server can still reply. */
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
 * A well-formed request failed. A handler fails with this error to reply `fail` and the message, or another failure
 * word given as `code`. A client's call fails with this error if the device replies so (Rev 5.1 §2, table 4).
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestFailed extends Schema.TaggedError<RequestFailed>("katcp/RequestFailed")("RequestFailed", {
  /** The reason, for people. */
  message: Schema.String,
  /** The return code: `fail` by default, or any word except `ok` and `invalid`. */
  code: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("fail")))
}) {}

/**
 * A request was unknown or malformed. A handler fails with this error to reply `invalid` and the message. A client's
 * call fails with this error if the device replies so (Rev 5.1 §2, table 4).
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestInvalid extends Schema.TaggedError<RequestInvalid>("katcp/RequestInvalid")("RequestInvalid", {
  /** The fault of the request, for people. */
  message: Schema.String
}) {}

/**
 * The connection could not be opened. The message gives the reason in words: refused, no such host, an expired
 * certificate, …
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
      ? `cannot connect: ${causeOf(this.cause)}; is the device running, and are host and port right?`
      : `cannot connect: ${why}`
  }
}

/**
 * There is no connection, or the connection was lost before the reply arrived. Requests are not repeated automatically.
 *
 * @category reasons
 * @since 0.1.0
 */
export class Disconnected extends Schema.TaggedError<Disconnected>("katcp/Disconnected")("Disconnected", {
  /** `true` if the request was sent. The device may have carried it out. */
  sent: Schema.Boolean,
  /** The text of the device's `#disconnect` (Rev 5.1 §4.2), or the network's error. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.sent
      ? `the connection was lost before the reply arrived (${this.detail}); the device may have carried out the request`
      : `not connected (${this.detail})`
  }
}

/**
 * No reply arrived in time, or no reading for which `waitFor` waits.
 *
 * @category reasons
 * @since 0.1.0
 */
export class TimedOut extends Schema.TaggedError<TimedOut>("katcp/TimedOut")("TimedOut", {
  /** The source of the timeout: the call, the contract, the server's hint, the client's default, or negotiation. */
  which: Schema.Literals(["call", "contract", "hint", "default", "negotiation"]),
  /** The timeout in milliseconds. */
  timeout: Schema.Finite,
  /** For a wait: the sensor and its last reading, for people. */
  missed: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    if (this.missed !== undefined) return this.missed
    return this.which === "negotiation"
      ? `the device did not announce its protocol within ${this.timeout} ms: preset the protocol if the device never does`
      : `no reply within ${this.timeout} ms (the timeout of the ${this.which === "hint" ? "server's hint" : this.which})`
  }
}

/**
 * The peer does not support message ids, a flag or a version that is needed (Rev 5.1 §4.2).
 *
 * @category reasons
 * @since 0.1.0
 */
export class Unsupported extends Schema.TaggedError<Unsupported>("katcp/Unsupported")("Unsupported", {
  /** The missing feature. */
  feature: Schema.String
}) {
  override get message(): string {
    return `the device does not support ${this.feature}`
  }
}

/**
 * The device announces both version 4 and version 5 in its connect informs (Rev 5.1 §4.2).
 *
 * @category reasons
 * @since 0.1.0
 */
export class ProtocolConflict extends Schema.TaggedError<ProtocolConflict>("katcp/ProtocolConflict")(
  "ProtocolConflict",
  {
    /** The contradictory informs. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `the device contradicts itself about its protocol version: ${this.detail}`
  }
}

/**
 * The device's answer does not have the form that the contract or the protocol requires.
 *
 * @category reasons
 * @since 0.1.0
 */
export class MalformedReply extends Schema.TaggedError<MalformedReply>("katcp/MalformedReply")("MalformedReply", {
  /** The part that does not fit. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the device's answer is malformed: ${this.detail}`
  }
}

/**
 * The request was not sent because its arguments do not fit the contract or the grammar.
 *
 * @category reasons
 * @since 0.1.0
 */
export class BadArgument extends Schema.TaggedError<BadArgument>("katcp/BadArgument")("BadArgument", {
  /** The argument and its fault. */
  detail: Schema.String
}) {
  override get message(): string {
    return `not sent: ${this.detail}`
  }
}

/**
 * The request was not sent because the client's options forbid it: the request is not in the allow list, or the
 * resource is not active.
 *
 * @category reasons
 * @since 0.1.0
 */
export class NotAllowed extends Schema.TaggedError<NotAllowed>("katcp/NotAllowed")("NotAllowed", {
  /** The request or resource that is not allowed. */
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
    return `a line of more than ${this.limit} bytes: raise the line limit if such lines are expected`
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
 * A request got no valid answer. `reason` is one of a closed union, which `Effect.catchReason` handles case by case. If
 * the device itself refused the request, the error is {@link RequestFailed} or {@link RequestInvalid} instead.
 *
 * @category errors
 * @since 0.1.0
 */
export class KatcpError extends Schema.TaggedError<KatcpError>("katcp/KatcpError")("KatcpError", {
  /** The reason. */
  reason: Reason,
  /** The device's address, if known. */
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

  /** Returns the message and the fields. `console.log` and test runners print this. */
  override toJSON(): object {
    return Object.assign({ _tag: this._tag, message: this.message }, super.toJSON())
  }
}
