import * as Cause from "effect/Cause"
import * as Socket from "effect/socket/Socket"
import { errorText } from "../../Message/index.ts"

/** Returns the reason why reading from a connection ended, as text. */
export const lossText = (cause: Cause.Cause<Socket.SocketError>): string => {
  const error = Cause.squash(cause)
  return Socket.isSocketError(error) && error.reason._tag === "SocketCloseError" && error.reason.code === 1000
    ? "the device closed the connection"
    : failureText(cause)
}

/** Returns the reason why a socket failed, as text. */
export const failureText = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (!Socket.isSocketError(error)) return errorText(error)
  const { reason } = error
  if (!("cause" in reason)) return reason.message
  const { cause: why } = reason
  if (!(why instanceof Error)) return String(why)
  const { code } = why as { readonly code?: unknown }
  const text = typeof code === "string" && Object.hasOwn(losses, code) ? losses[code] : undefined
  return text === undefined ? why.message : `${text} (${why.message})`
}

/** Error codes of the system for the loss of an open connection. */
const losses: Readonly<Record<string, string>> = {
  ECONNRESET: "the connection was cut by the device or the network",
  EPIPE: "the device has closed the connection",
  ETIMEDOUT: "the host does not answer any more",
  EHOSTUNREACH: "the host cannot be reached any more",
  ENETUNREACH: "the network of the host cannot be reached any more",
  ENETDOWN: "the network is down"
}
