import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import { type DeviceLog, parseLogLevel, type Severity } from "../Interface/index.ts"
import type { SiteDevice } from "../Site/index.ts"

/**
 * Passes the log of a device on to the clients of the proxy (Rev 5.1 §6), until the scope closes. The logger's name
 * gets the name of the device as a prefix, the time is that of the device, and the level of each client applies.
 */
export const passLogs = (
  log: DeviceLog["Service"],
  { client, name: device }: SiteDevice
): Effect.Effect<void, never, Scope.Scope> =>
  client.onInform("log", (message) => {
    const level = parseLogLevel(message.text(0) ?? "")
    // pass a record of an unknown level on as a warning instead of losing it
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
