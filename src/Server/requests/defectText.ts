import { errorText } from "../../Message/index.ts"
import type { Options } from "../Options.ts"

const defectOf = "The handler has a defect."

/** Returns the text that a client gets for a handler's defect, according to the option `defects`. */
export const defectText = (defect: unknown, how: Options["defects"] = "message"): string => {
  if (how === "hidden") return defectOf
  const message = errorText(defect, defectOf)
  if (how === "message") return message
  return [message, ...frames(defect, how === "traceback" ? 20 : how.traceback)].join("\n")
}

/** Returns the innermost frames of a stack trace, without those of Effect. */
const frames = (defect: unknown, limit: number): ReadonlyArray<string> => {
  try {
    const stack = defect instanceof Error ? defect.stack : undefined
    if (typeof stack !== "string") return []
    const all = stack
      .split("\n")
      .filter((line) => /^\s+at /.test(line) && !/[/\\]node_modules[/\\]effect[/\\]/.test(line))
    return all.slice(0, Math.max(0, limit))
  } catch {
    // the defect has no stack trace
    return []
  }
}
