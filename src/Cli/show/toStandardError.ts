import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { visible } from "./visible.ts"

/** The log of a serving command, one line each on standard error: standard output is for programs. */
export const toStandardError = Logger.layer([
  Logger.make<unknown, void>(({ date, fiber, logLevel, message }) => {
    const { device } = fiber.getRef(References.CurrentLogAnnotations)
    const about = device === undefined ? "" : `${device}: `
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    for (const line of text.split("\n"))
      process.stderr.write(`${date.toISOString()} ${logLevel.toLowerCase()}: ${about}${visible(line)}\n`)
  })
])
