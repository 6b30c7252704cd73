/** What a search ended with: the line, and whether it is to be done at once. */
export interface Found {
  readonly line: string
  /** The keys that ended the search and those behind them, for the line editor. */
  readonly rest: string
}

const older = "\u0012"
const newer = "\u0013"
const giveUp = /^[\u0003\u0007]/
const erase = /^[\u0008\u007f]/
const control = /^[\u0000-\u001f]/

/** The pattern of the search before: Ctrl-R twice takes it again, as other shells do. */
let last = ""

/**
 * A search in the history, newest line first, as that of other shells: typing makes the pattern longer, Ctrl-R goes to the
 * next older line that has it, Ctrl-S back to a newer one, Ctrl-G and Ctrl-C give up. Enter takes the line and runs it; each
 * other control key takes the line and is then what it is for the editor.
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

  /** What is shown in place of the prompt and the line. */
  get text(): string {
    return `${this.failed ? "no line with" : "search"} ${JSON.stringify(this.pattern)}: ${this.line}`
  }

  private get line(): string {
    return this.lines[this.at] ?? this.original
  }

  /** Takes keys; returns what it ended with, or `undefined` while it goes on. */
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

  /** Looks from there on, to older or newer lines; where there is none it stays. */
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
