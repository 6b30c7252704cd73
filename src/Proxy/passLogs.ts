import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import { type DeviceLog, parseLogLevel, type Severity } from "../Interface/index.ts"
import type { SiteDevice } from "../Site/index.ts"

/**
 * Passes the log of a device on to the clients of the proxy (Rev 5.1 §6), until the scope closes: with the name of the
 * device before that of the logger, with the device's time, and to clients whose level lets the record through.
 */
export const passLogs = (
  log: DeviceLog["Service"],
  { client, name: device }: SiteDevice
): Effect.Effect<void, never, Scope.Scope> =>
  client.onInform("log", (message) => {
    const level = parseLogLevel(message.text(0) ?? "")
    // a record of an unknown level is passed on as a warning, so that it is not lost
    const severity: Severity = level === undefined || level === "off" || level === "all" ? "warn" : level
    if (!log.reaches(severity)) return
    const timestamp = Arg.decodeArgument(Arg.Timestamp, message.bytes(1) ?? "", client.dialect)
    const logger = message.text(2) ?? ""
    log.publish({
      severity,
      timestamp: typeof timestamp === "number" ? timestamp : 0,
      name: logger === "" || logger === "root" ? device : `${device}.${logger}`,
      message: message.text(3) ?? message.toString()
    })
  })
