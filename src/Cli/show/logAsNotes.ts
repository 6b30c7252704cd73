import * as Logger from "effect/Logger"
import { visible } from "./visible.ts"

/** The log of a command as notes on standard error, for the person at the terminal: standard output is for programs. */
export const logAsNotes = Logger.layer([
  Logger.make<unknown, void>(({ message }) => {
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    process.stderr.write(`katcp: ${visible(text)}\n`)
  })
])
