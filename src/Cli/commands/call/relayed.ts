import * as Effect from "effect/Effect"
import { inform, type Message, make } from "../../../Message/index.ts"
import type { Logger } from "../../logger.ts"
import { type Answers, isShown, type Showing } from "./answers.ts"

/**
 * Prints answers as KATCP, for a device that relays them (the C library's `kcpcmd -k`). Messages have their wire form
 * without ids, which mean nothing to that device. With `munge`, or with several devices, a reply is a `#log` record
 * under the name of the request: debug if ok, otherwise warn. Errors are `#log` records too.
 */
export const answersForDevice = (input: Showing & { readonly munge: boolean }, logger: Logger): Answers => ({
  show: (dialect, host) => {
    const prefix = host === undefined ? "" : `${host}: `
    const record = (message: Message) => {
      const [code = "", ...values] = message.arguments.map((_, at) => message.text(at)!)
      if (code === "ok") return logger.log("debug", prefix + [code, ...values].join(" "), message.name)
      return logger.log("warn", `${prefix}${code} (${values.join(" ") || "no reason given"})`, message.name)
    }
    const relay = (message: Message) => {
      const time = message.name === "log" && message.kind === "inform" ? Number(message.text(1)) : Number.NaN
      // a record from a device of the other version has its time in the other unit
      if (dialect.major !== logger.dialect.major && Number.isFinite(time)) {
        const [level, , ...others] = message.arguments
        return logger.relay(inform("log", [level!, logger.dialect.formatTime(dialect.toSeconds(time)), ...others]))
      }
      return logger.relay(message.id === undefined ? message : make(message.kind, message.name, message.arguments))
    }
    const shown = isShown(input)
    return (message) => {
      if (message.kind === "inform") return shown(message) ? relay(message) : Effect.void
      const isFailure = message.text(0) !== "ok"
      if (shown(message)) return input.munge || host !== undefined ? record(message) : relay(message)
      return isFailure ? record(message) : Effect.void
    }
  },
  note: (text) => logger.log("warn", text),
  fault: ({ message }) => logger.log("error", message)
})
