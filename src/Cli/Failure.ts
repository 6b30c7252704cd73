import * as Schema from "effect/Schema"
import type { KatcpError, RequestFailed, RequestInvalid } from "../Message/index.ts"

/** What `katcp` exits with: the device did it; it said no; it could not be asked. */
export const exitCodes = { ok: 0, refused: 1, unasked: 2 } as const

/** Why a command ends: one line for the person at the terminal, and what the process exits with. */
export class Failure extends Schema.TaggedError<Failure>("katcp/Cli/Failure")("Failure", {
  message: Schema.String,
  exitCode: Schema.Literals([exitCodes.refused, exitCodes.unasked])
}) {}

/** A program that was run has ended so: this one ends the same. */
export class Exited extends Schema.TaggedError<Exited>("katcp/Cli/Exited")("Exited", { code: Schema.Int }) {}

/** The device could not be asked. */
export const unasked = (message: string): Failure => new Failure({ message, exitCode: exitCodes.unasked })

/** The device has said no. */
export const refused = (message: string): Failure => new Failure({ message, exitCode: exitCodes.refused })

/** What went wrong between this command and a device, in one line: what, where, and what to try. */
export const explain = (host: string, error: RequestFailed | RequestInvalid | KatcpError): Failure => {
  if (error._tag === "RequestFailed") return refused(`${host} says ${error.code}: ${error.message}`)
  if (error._tag === "RequestInvalid") return refused(`${host} says invalid: ${error.message}`)
  const { reason, request } = error
  const asked = request === undefined ? "" : `?${request}: `
  switch (reason._tag) {
    case "ConnectFailed":
      return unasked(`cannot connect to ${host}: ${causeOf(reason.cause)}`)
    case "TimedOut":
      return reason.which === "negotiation"
        ? unasked(
            `${host} does not say which KATCP it speaks within ${reason.timeout} ms; if it is an old device, say --protocol 4.0, else check the port`
          )
        : unasked(`${asked}${host} does not answer within ${Math.round(reason.timeout)} ms; --timeout gives it more`)
    default:
      return unasked(`${asked}${host}: ${reason.message}`)
  }
}

/** What the system calls what went wrong, in words. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at that port; is the device running, and is the port right?",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network of the host cannot be reached",
  ETIMEDOUT: "the host does not answer",
  ECONNRESET: "the connection was cut at once",
  EACCES: "this is not allowed here",
  EADDRINUSE: "another program listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EISDIR: "it is a folder",
  ENOENT: "there is no such file"
}

/** What went wrong in the end, of an error with causes: in words where there are some. */
export const causeOf = (cause: unknown): string => {
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < 8; depth++) {
    const code = (at as NodeJS.ErrnoException).code
    if (code !== undefined && words[code] !== undefined) return words[code]
    const { reason } = at as { readonly reason?: unknown }
    if (at.cause === undefined && reason === undefined) return at.message
    at = at.cause ?? reason
  }
  return String(cause)
}
