/** The newest lines of a board's log. */
import type { ParsedMessage } from "../../Codec/index.ts"
import type { LogLine } from "./errors.ts"

/** Log lines kept for errors. Not measured: 256 lines are some 30 KB for each board, and an error shows 8 of them. */
const kept = 256
/** Log lines in one error. Not measured: 8 fit on a screen beside the error itself. */
const shown = 8
const severe = ["fatal", "error", "warn"]

export class LogTail {
  private readonly lines: Array<LogLine> = []
  /** The number of lines so far. */
  count = 0

  add(message: ParsedMessage): LogLine {
    const line = { level: message.text(0) ?? "", module: message.text(2) ?? "", text: message.text(3) ?? "" }
    this.lines.push(line)
    if (this.lines.length > kept) this.lines.shift()
    this.count++
    return line
  }

  /** Returns the newest lines of level warn, error and fatal among those after the first `count`. */
  since(count: number): ReadonlyArray<LogLine> {
    const fresh = Math.min(this.count - count, this.lines.length)
    return fresh === 0
      ? []
      : this.lines
          .slice(-fresh)
          .filter(({ level }) => severe.includes(level))
          .slice(-shown)
  }
}
