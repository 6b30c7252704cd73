import * as Schema from "effect/Schema"
import { causeOf, type KatcpError, type RequestFailed, type RequestInvalid } from "../Message/index.ts"

/** The exit codes of `katcp`: success, refused by the device, and failure of the command. */
export const exitCodes = { ok: 0, refused: 1, cannotRun: 2 } as const

/** The failure of a command: one line for the user, and the exit code. */
export class Failure extends Schema.TaggedError<Failure>("katcp/Cli/Failure")("Failure", {
  message: Schema.String,
  exitCode: Schema.Literals([exitCodes.refused, exitCodes.cannotRun]),
  /** Further faults, one line each. */
  more: Schema.optional(Schema.Array(Schema.String))
}) {}

/** Ends a command whose output already contains the failure. */
export class Exited extends Schema.TaggedError<Exited>("katcp/Cli/Exited")("Exited", { code: Schema.Int }) {}

/** Returns the failure of a command that could not reach the device. */
export const cannotRun = (message: string, more?: ReadonlyArray<string>): Failure =>
  new Failure({ message, exitCode: exitCodes.cannotRun, more })

/** Returns the failure of a command that the device refused. */
export const refused = (message: string): Failure => new Failure({ message, exitCode: exitCodes.refused })

/** The client's text for a connection that ended without a reason. */
const closedByDevice = "the device closed the connection"

/** Returns the failure between this command and a device in one line: the reason, the device, and the next step. */
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
            `${host} does not announce its KATCP version within ${reason.timeout} ms; for an old device use --protocol 4.0, otherwise check the port`
          )
        : cannotRun(
            `${asked}${host} does not answer within ${Math.round(reason.timeout)} ms; to wait longer use --timeout`
          )
    default:
      return cannotRun(`${asked}${host}: ${reason.message}`)
  }
}

/** Returns the failure of connecting to a device. */
export const explainConnecting = (host: string, error: KatcpError): Failure =>
  // a device may give its reason in #disconnect; other servers close without one
  error.reason._tag === "Disconnected" && error.reason.detail === closedByDevice
    ? cannotRun(`${host} closed the connection at once; is it the port of a KATCP device?`)
    : explain(host, error)

/** Returns a device's text in one line: the last one of a Python traceback, which both Python libraries send. */
const oneLine = (text: string): string => {
  const lines = text.trim().split(/\s*[\r\n]+\s*/)
  return lines[0]!.startsWith("Traceback") ? lines[lines.length - 1]! : lines.join(" ")
}
