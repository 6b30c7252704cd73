import type * as Cause from "effect/Cause"
import * as Inspectable from "effect/Inspectable"
import { printable } from "./printable.ts"

/** Depth to which causes of errors are shown. Not measured: real chains have two or three. */
const deepest = 8

/**
 * Returns the text of an Effect log entry for the clients: the parts of the message, then the reasons of the cause,
 * each on its own line. Errors give their name, message and causes, but no stack, which is for the device's own log.
 */
export const logText = (message: unknown, cause: Cause.Cause<unknown>): string => {
  const parts = Array.isArray(message) ? message : [message]
  const lines = [parts.map(shown).join(" "), ...reasons(cause)].filter((line) => line !== "")
  return printable(lines.join("\n"), "unicode")
}

const shown = (part: unknown): string => {
  if (typeof part === "string") return part
  try {
    return part instanceof Error ? error(part, 0) : Inspectable.toStringUnknown(part, 0)
  } catch {
    // a value that fails must not fail the code that logs it
    return `(${typeof part} without a text)`
  }
}

const error = (value: Error, depth: number): string => {
  const head = value.message === "" ? value.name : `${value.name}: ${value.message}`
  if (value.cause === undefined || depth === deepest) return head
  return `${head} (caused by ${value.cause instanceof Error ? error(value.cause, depth + 1) : shown(value.cause)})`
}

const reasons = (cause: Cause.Cause<unknown>): ReadonlyArray<string> => {
  const lines = new Set<string>()
  for (const reason of cause.reasons)
    lines.add(reason._tag === "Interrupt" ? "interrupted" : shown(reason._tag === "Die" ? reason.defect : reason.error))
  return [...lines]
}
