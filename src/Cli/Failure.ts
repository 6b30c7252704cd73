import * as Schema from "effect/Schema"
import { causeOf, type KatcpError, type RequestFailed, type RequestInvalid } from "../Message/index.ts"

/** The exit codes of `katcp`: the device did it; the device said no; the command could not do its work. */
export const exitCodes = { ok: 0, refused: 1, cannotRun: 2 } as const

/** Why a command ends: one line for the person at the terminal, and the exit code. */
export class Failure extends Schema.TaggedError<Failure>("katcp/Cli/Failure")("Failure", {
  message: Schema.String,
  exitCode: Schema.Literals([exitCodes.refused, exitCodes.cannotRun]),
  /** What else is wrong, a line each. */
  more: Schema.optional(Schema.Array(Schema.String))
}) {}

/** Ends a command whose output says everything already. */
export class Exited extends Schema.TaggedError<Exited>("katcp/Cli/Exited")("Exited", { code: Schema.Int }) {}

/** The device could not be asked. */
export const cannotRun = (message: string, more?: ReadonlyArray<string>): Failure =>
  new Failure({ message, exitCode: exitCodes.cannotRun, more })

/** Returns the failure of a command whose device said no. */
export const refused = (message: string): Failure => new Failure({ message, exitCode: exitCodes.refused })

/** What the client says of a connection that ended without a word. */
const closedByDevice = "the device closed the connection"

/** What went wrong between this command and a device, in one line: what, where, and what to try. */
export const explain = (host: string, error: RequestFailed | RequestInvalid | KatcpError): Failure => {
  if (error._tag === "RequestFailed") return refused(`${host} says ${error.code}: ${oneLine(error.message)}`)
  if (error._tag === "RequestInvalid") return refused(`${host} says invalid: ${oneLine(error.message)}`)
  const { reason, request } = error
  const asked = request === undefined ? "" : `?${request}: `
  switch (reason._tag) {
    case "ConnectFailed":
      return cannotRun(`cannot connect to ${host}: ${causeOf(reason.cause)}`)
    case "TimedOut":
      return reason.which === "negotiation"
        ? cannotRun(
            `${host} does not say which KATCP it speaks within ${reason.timeout} ms; if it is an old device, say --protocol 4.0, else check the port`
          )
        : cannotRun(`${asked}${host} does not answer within ${Math.round(reason.timeout)} ms; --timeout gives it more`)
    default:
      return cannotRun(`${asked}${host}: ${reason.message}`)
  }
}

/** The same of what went wrong while it connected. */
export const explainConnecting = (host: string, error: KatcpError): Failure =>
  // a device may have said why in #disconnect; what is no device closes without a word
  error.reason._tag === "Disconnected" && error.reason.detail === closedByDevice
    ? cannotRun(`${host} closed the connection at once; is it the port of a KATCP device?`)
    : explain(host, error)

/** A text of a device in one line: of a Python traceback, which both Python libraries send, the last one says it. */
const oneLine = (text: string): string => {
  const lines = text.trim().split(/\s*[\r\n]+\s*/)
  return lines[0]!.startsWith("Traceback") ? lines[lines.length - 1]! : lines.join(" ")
}
