import * as Effect from "effect/Effect"
import type { ParsedMessage } from "../../Codec/index.ts"
import { parseLogLevel, toEffect } from "../../Interface/index.ts"
import type { Core } from "../Core.ts"

/**
 * Passes `#log` informs to the local loggers (Rev 5.1 §6; P-336, A-306): `#log level timestamp name message`. The
 * annotation `timestamp` has the device's time, because a logger uses its own.
 */
export const forwardLog = (core: Core): void => {
  core.informs.add("log", (message) => forward(core, message))
}

const forward = (core: Core, message: ParsedMessage): void => {
  const severity = parseLogLevel(message.text(0) ?? "")
  // an unknown level is logged as a warning, so the message is not lost
  const level = severity === undefined || severity === "off" || severity === "all" ? "Warn" : toEffect(severity)
  core.anomalies.log(
    level,
    () => message.text(3) ?? message.toString(),
    (log) => Effect.annotateLogs(log, { logger: message.text(2) ?? "root", timestamp: message.text(1) ?? "" })
  )
}
