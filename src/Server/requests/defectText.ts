import { errorText } from "../../Message/index.ts"
import type { Options } from "../Options.ts"

const defectOf = "The handler has a defect."

/** Returns the text for the client of a handler that has a defect, as the option `defects` says. */
export const defectText = (defect: unknown, how: Options["defects"] = "message"): string => {
  if (how === "hidden") return defectOf
  const message = errorText(defect, defectOf)
  if (how === "message") return message
  return [message, ...frames(defect, how === "traceback" ? 20 : how.traceback)].join("\n")
}

/** The innermost frames of a stack trace; those of Effect tell nothing of the program. */
const frames = (defect: unknown, limit: number): ReadonlyArray<string> => {
  try {
    const stack = defect instanceof Error ? defect.stack : undefined
    if (typeof stack !== "string") return []
    const all = stack
      .split("\n")
      .filter((line) => /^\s+at /.test(line) && !/[/\\]node_modules[/\\]effect[/\\]/.test(line))
    return all.slice(0, Math.max(0, limit))
  } catch {
    // it has none
    return []
  }
}
