/**
 * A device that answers as another library's server did when its session was recorded (`sessions/`): the lines that came
 * first are its greeting, and a request is answered by the lines that followed it there. The same request has its answers
 * in their order, and the last one again and again. A request that the session does not have is refused by the words in
 * which that server refuses. If the server takes ids, an answer has that of its request.
 */
import { readFileSync } from "node:fs"
import * as path from "node:path"

export const names = ["c-server-v4", "c-server-v5", "rust-server", "tcpborphserver3"] as const
export type Name = (typeof names)[number]

/** A line that was sent, and what came. Lines are Latin-1 texts, one character a byte. */
export interface Exchange {
  readonly sent: string
  readonly came: ReadonlyArray<string>
}

const headOf = /^([?!#])([A-Za-z][A-Za-z0-9-]*)(\[\d+\])?/

export class Recorded {
  readonly greeting: ReadonlyArray<string>
  readonly exchanges: ReadonlyArray<Exchange>
  /** `true` if the server takes ids. */
  readonly ids: boolean
  private readonly refusal: string
  private readonly left = new Map<string, Array<ReadonlyArray<string>>>()

  constructor(name: Name) {
    const file = path.join(import.meta.dirname, "sessions", `${name}.txt`)
    const lines = readFileSync(file, "latin1")
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))))
    const greeting: Array<string> = []
    const exchanges: Array<{ sent: string; came: Array<string> }> = []
    for (const line of lines) {
      const text = line.slice(2)
      if (line.startsWith("> ")) exchanges.push({ sent: text, came: [] })
      else if (line.startsWith("< ")) (exchanges.at(-1)?.came ?? greeting).push(text)
    }
    this.greeting = greeting
    this.exchanges = exchanges
    this.ids = greeting.some((line) => /^#version-connect katcp-protocol 5\.\d+-\w*I/.test(line))
    this.refusal = exchanges
      .find(({ sent }) => sent === "?nosuch")!
      .came.at(-1)!
      .replace("!nosuch", "")
    for (const { came, sent } of exchanges) {
      const key = sent.replace(headOf, "$1$2")
      this.left.set(key, [...(this.left.get(key) ?? []), came])
    }
  }

  /** The lines that answer a line. */
  answer(line: string): ReadonlyArray<string> {
    const [, kind, name, id = ""] = headOf.exec(line) ?? []
    const answers = this.left.get(line.replace(headOf, "$1$2"))
    const [first] = answers ?? []
    if (answers !== undefined && answers.length > 1) answers.shift()
    const came = first ?? (kind === "?" ? [`!${name}${this.refusal}`] : [])
    return came.map((line) => {
      const [, kind, answered] = headOf.exec(line)!
      const own = this.ids && kind !== "?" && answered === name && answered !== "sensor-status"
      return line.replace(headOf, own ? `$1$2${id}` : "$1$2")
    })
  }
}
