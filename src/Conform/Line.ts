import { fromLatin1, Parser, toLatin1 } from "../Codec/index.ts"
import { KatcpSyntaxError, type Kind } from "../Message/index.ts"

/** Characters of a line that are shown. Not measured: three lines of a terminal. */
const shown = 240

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  " ": "\\_",
  "\0": "\\0",
  "\n": "\\n",
  "\r": "\\r",
  "\x1b": "\\e",
  "\t": "\\t"
}

/** An argument in its wire form. */
export const escaped = (argument: string): string =>
  argument === "" ? "\\@" : argument.replace(/[\\ \0\n\r\x1b\t]/g, (character) => escapes[character]!)

/** Returns bytes in readable form: bytes other than printable ASCII as `\xNN`, cut if it is long. */
export const visible = (text: string): string => {
  const part = text.length > shown ? text.slice(0, shown) : text
  const safe = part.replace(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`)
  return part === text ? safe : `${safe}... (${text.length} bytes)`
}

/**
 * A line from a device, without its end. Its texts are Latin-1, one character for each byte; arguments are without
 * their escapes.
 */
export class Line {
  readonly raw: string
  /** The fault of a line outside the grammar, which has no kind. */
  readonly fault: string | undefined
  readonly kind: Kind | undefined
  readonly name: string
  readonly id: number | undefined
  readonly args: ReadonlyArray<string>

  constructor(raw: string) {
    const [found] = new Parser().push(fromLatin1(`${raw}\n`))
    const message = found === undefined || found instanceof KatcpSyntaxError ? undefined : found
    this.raw = raw
    this.fault = message === undefined ? (found?.toString() ?? "a line without a message") : undefined
    this.kind = message?.kind
    this.name = message?.name ?? ""
    this.id = message?.id
    this.args = message?.arguments.map(toLatin1) ?? []
  }

  /** Returns `true` for an inform of that name. */
  isInform(name: string): boolean {
    return this.kind === "inform" && this.name === name
  }

  /** `true` for a reply with `ok`. */
  get isOk(): boolean {
    return this.kind === "reply" && this.args[0] === "ok"
  }

  toString(): string {
    return visible(this.raw)
  }
}
