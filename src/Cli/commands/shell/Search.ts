/** The result of a search: the line, and whether to run it at once. */
export interface Found {
  readonly line: string
  /** The keys that ended the search, and the following ones, for the line editor. */
  readonly rest: string
}

const older = "\u0012"
const newer = "\u0013"
const giveUp = /^[\u0003\u0007]/
const erase = /^[\u0008\u007f]/
const control = /^[\u0000-\u001f]/

/** The previous pattern: Ctrl-R twice reuses it, as in other shells. */
let last = ""

/**
 * A search in the history, newest line first, like that of other shells. Typing extends the pattern, Ctrl-R goes to the
 * next older match, Ctrl-S back to a newer one, Ctrl-G and Ctrl-C cancel. Enter takes the line and runs it; any other
 * control key takes the line and then has its meaning in the editor.
 */
export class Search {
  private readonly lines: ReadonlyArray<string>
  private readonly original: string
  private pattern = ""
  private at = -1
  private failed = false

  constructor(lines: ReadonlyArray<string>, original: string) {
    this.lines = lines
    this.original = original
  }

  /** The text shown in place of the prompt and the line. */
  get text(): string {
    return `${this.failed ? "no line with" : "search"} ${JSON.stringify(this.pattern)}: ${this.line}`
  }

  private get line(): string {
    return this.lines[this.at] ?? this.original
  }

  /** Handles keys. Returns the result, or `undefined` while it continues. */
  take(keys: string): Found | undefined {
    for (let at = 0; at < keys.length; ) {
      const rest = keys.slice(at)
      const key = String.fromCodePoint(rest.codePointAt(0)!)
      if (giveUp.test(key)) return this.end(this.original, rest.slice(1))
      if (key === older) this.older()
      else if (key === newer) this.find(this.at - 1, -1)
      else if (erase.test(key)) this.type([...this.pattern].slice(0, -1).join(""), 0)
      else if (control.test(key)) return this.end(this.line, rest)
      else this.type(this.pattern + key, Math.max(0, this.at))
      at += key.length
    }
    return undefined
  }

  private older(): void {
    if (this.pattern === "") this.type(last, 0)
    else this.find(this.at + 1, 1)
  }

  private type(pattern: string, from: number): void {
    this.pattern = pattern
    if (pattern === "") {
      this.at = -1
      this.failed = false
    } else this.find(from, 1)
  }

  /** Searches from a position, toward older or newer lines. Stays in place without a match. */
  private find(from: number, step: 1 | -1): void {
    for (let at = from; at >= 0 && at < this.lines.length; at += step)
      if (this.lines[at]!.includes(this.pattern)) {
        this.at = at
        this.failed = false
        return
      }
    this.failed = true
  }

  private end(line: string, rest: string): Found {
    if (this.pattern !== "") last = this.pattern
    return { line, rest }
  }
}
