/**
 * Messages, the protocol's version and flags, and the errors. Knows nothing of wire bytes, sockets or sensors.
 *
 * @since 0.1.0
 */
export { type ArgumentValue, formatArgument, formatFloat, plainArgument } from "./argument.ts"
export { causeOf } from "./causeOf.ts"
export {
  BadArgument,
  ConnectFailed,
  Disconnected,
  KatcpError,
  KatcpSyntaxError,
  MalformedReply,
  NotAllowed,
  ProtocolConflict,
  RequestFailed,
  RequestInvalid,
  TimedOut,
  TooLong,
  Unsupported
} from "./errors.ts"
export { errorText } from "./errorText.ts"
export { expectDuration, expectOptions, expectValue } from "./expectOptions.ts"
export {
  inform,
  informFor,
  isId,
  isInform,
  isMessage,
  isName,
  isOk,
  isReply,
  isRequest,
  type Kind,
  Message,
  make,
  maxId,
  type Options,
  reply,
  replyTo,
  request
} from "./Message.ts"
export { didYouMean, nearest } from "./nearest.ts"
export { flags, Protocol } from "./Protocol.ts"
export { codes, kindOf, symbols } from "./symbols.ts"
export { decodeText, encodeText, quoteText, showByte } from "./text.ts"
export { version } from "./version.ts"
