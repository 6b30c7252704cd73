/**
 * The project's codec: `codec.ts CORPUS SECS`. For its output see README.md in bench/.
 *
 * `parse` reads every argument without loss: as text if it is UTF-8, otherwise as bytes. `format` writes messages that
 * were built from names, ids and the bytes of their arguments. On some corpora there are more: `parse-bytes` reads
 * every argument as bytes, `parse-spans` reads no argument, `format-parsed` writes the messages of the parser, which
 * copies wire forms.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Message } from "katcp"
import { Encoder, ParsedMessage, Parser } from "katcp/Codec"

const folder = process.argv[2]!
const secs = Number(process.argv[3])
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Record<
  string,
  { readonly messages: number; readonly sha256: string }
>
const moreOps = new Set(["mix", "status", "wide"])

// The result is counted, so the compiler cannot remove the work. It stays within 32 bits: V8 would make a new object for
// each larger sum. That would be the counter's time, not the codec's (5 ns an argument, measured).
let size = 0
const count = (length: number): void => {
  size = (size + length) | 0
}
const readText = (message: ParsedMessage): void => {
  for (let i = 0; i < message.length; i++) {
    const value = message.strictText(i) ?? message.bytes(i)!
    count(value.length)
    // long text may consist of parts until a character is read
    if (value.length > 65536 && value.at(0) === "~") count(1)
  }
}
const readBytes = (message: ParsedMessage): void => {
  for (let i = 0; i < message.length; i++) count(message.bytes(i)!.length)
}
const readNothing = (message: ParsedMessage): void => {
  count(message.length)
}
/** Reads like a connection: the messages of a chunk are handled before the next one. */
const parse = (chunks: ReadonlyArray<Uint8Array>, read: (message: ParsedMessage) => void): void => {
  const parser = new Parser()
  for (const chunk of chunks) {
    const messages: Array<ParsedMessage> = []
    parser.feed(chunk)
    for (let next = parser.next(); next !== undefined; next = parser.next()) {
      if (!(next instanceof ParsedMessage)) throw next
      messages.push(next)
    }
    messages.forEach(read)
  }
}

/** Writes like a server: flushes when a write is worthwhile. */
const format = (messages: ReadonlyArray<Message.Message>): Array<Uint8Array> => {
  const encoder = new Encoder()
  const out: Array<Uint8Array> = []
  for (const message of messages) {
    encoder.message(message)
    if (encoder.size > 65536) out.push(...encoder.take())
  }
  out.push(...encoder.take())
  return out
}

/** Returns the seconds of the median repetition, after a warm-up for JIT and heap, as in a running server. */
const timed = (work: () => unknown, warmUp: number): number => {
  const warm = performance.now() + warmUp
  do work()
  while (performance.now() < warm)
  const runs: Array<number> = []
  const end = performance.now() + secs * 1000
  while (runs.length < 3 || performance.now() < end) {
    const from = performance.now()
    work()
    runs.push(performance.now() - from)
  }
  runs.sort((a, b) => a - b)
  return runs[runs.length >> 1]! / 1000
}
const hash = (parts: ReadonlyArray<Uint8Array>): string =>
  createHash("sha256").update(Buffer.concat(parts)).digest("hex")

for (const [corpus, wanted] of Object.entries(manifest)) {
  const data = readFileSync(join(folder, `${corpus}.katcp`))
  const chunks: Array<Uint8Array> = []
  for (let at = 0; at < data.length; at += 65536) chunks.push(data.subarray(at, at + 65536))
  const parsed: Array<ParsedMessage> = []
  parse(chunks, (message) => parsed.push(message))
  const built = parsed.map(({ arguments: values, id, kind, name }) => Message.make(kind, name, values, { id }))
  const ok =
    parsed.length === wanted.messages && hash(format(parsed)) === wanted.sha256 && hash(format(built)) === wanted.sha256
  const report = (op: string, work: () => unknown): void => {
    const seconds = timed(work, op === "parse" ? 300 : 100)
    const rates = { msgs_s: wanted.messages / seconds, mb_s: data.length / seconds / 1e6 }
    if (size === 0) throw new Error("nothing was read")
    console.log(JSON.stringify({ impl: "project", corpus, op, ...rates, ok }))
  }
  report("parse", () => parse(chunks, readText))
  report("format", () => format(built))
  if (moreOps.has(corpus)) {
    report("parse-bytes", () => parse(chunks, readBytes))
    report("parse-spans", () => parse(chunks, readNothing))
    report("format-parsed", () => format(parsed))
  }
}
