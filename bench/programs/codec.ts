/**
 * The project's codec: `codec.ts CORPUS SECS`. What it prints: README.md of the benchmarks.
 *
 * `parse` reads every argument without loss: as text where it is UTF-8, else as its bytes. `format` writes the messages
 * from the arguments as they were read. Beside them, on some corpora: `parse-bytes` reads every argument as bytes,
 * `parse-spans` reads none, `format-parsed` writes the messages as the parser gave them.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Encoder, ParsedMessage, Parser } from "../../src/Codec/index.ts"

const folder = process.argv[2]!
const secs = Number(process.argv[3])
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Record<
  string,
  { readonly messages: number; readonly sha256: string }
>
const moreOps = new Set(["mix", "status", "wide"])

/** A message whose arguments were all read. */
interface Read {
  readonly message: ParsedMessage
  readonly args: ReadonlyArray<string | Uint8Array>
}
const asText = (message: ParsedMessage): Read => {
  const args = new Array<string | Uint8Array>(message.length)
  for (let i = 0; i < args.length; i++) args[i] = message.strictText(i) ?? message.bytes(i)!
  return { message, args }
}
const asBytes = (message: ParsedMessage): Read => {
  const args = new Array<string | Uint8Array>(message.length)
  for (let i = 0; i < args.length; i++) args[i] = message.bytes(i)!
  return { message, args }
}
/** As a connection reads: what a chunk gave is dealt with before the next one. */
const parse = <A>(
  chunks: ReadonlyArray<Uint8Array>,
  read: (message: ParsedMessage) => A,
  take: (messages: ReadonlyArray<A>) => void
): void => {
  const parser = new Parser()
  for (const chunk of chunks) {
    const out: Array<A> = []
    parser.feed(chunk)
    for (let next = parser.next(); next !== undefined; next = parser.next()) {
      if (!(next instanceof ParsedMessage)) throw next
      out.push(read(next))
    }
    take(out)
  }
}
const all = <A>(chunks: ReadonlyArray<Uint8Array>, read: (message: ParsedMessage) => A): Array<A> => {
  const out: Array<A> = []
  parse(chunks, read, (messages) => out.push(...messages))
  return out
}
let count = 0
const drop = (messages: ReadonlyArray<unknown>): void => {
  count += messages.length
}

/** As a server flushes: what has gathered goes out when it is worth a write. */
const format = <A>(messages: ReadonlyArray<A>, write: (encoder: Encoder, message: A) => void): Array<Uint8Array> => {
  const encoder = new Encoder()
  const out: Array<Uint8Array> = []
  for (const message of messages) {
    write(encoder, message)
    if (encoder.size > 65536) out.push(...encoder.take())
  }
  out.push(...encoder.take())
  return out
}
const writeRead = (encoder: Encoder, { message, args }: Read): void => {
  encoder.begin(message.kind, message.name, message.id)
  for (const argument of args) {
    if (typeof argument === "string") encoder.text(argument)
    else encoder.bytes(argument)
  }
  encoder.end()
}
const writeParsed = (encoder: Encoder, { message }: Read): void => encoder.message(message)

/** Seconds of the median repetition. A JIT and a heap need some time before that; a server has it. */
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
  const messages = all(chunks, asText)
  const ok =
    messages.length === wanted.messages &&
    hash(format(messages, writeRead)) === wanted.sha256 &&
    hash(format(messages, writeParsed)) === wanted.sha256 &&
    hash(format(all(chunks, asBytes), writeRead)) === wanted.sha256
  const report = (op: string, work: () => unknown): void => {
    const seconds = timed(work, op === "parse" ? 300 : 100)
    const rates = { msgs_s: wanted.messages / seconds, mb_s: data.length / seconds / 1e6 }
    // nothing that was parsed may have been left out by the compiler: a count of it is used
    if (op.startsWith("parse") && count === 0) throw new Error("nothing was parsed")
    console.log(JSON.stringify({ impl: "project", corpus, op, ...rates, ok }))
  }
  report("parse", () => parse(chunks, asText, drop))
  report("format", () => format(messages, writeRead))
  if (!moreOps.has(corpus)) continue
  report("parse-bytes", () => parse(chunks, asBytes, drop))
  report("parse-spans", () => parse(chunks, (message) => message, drop))
  report("format-parsed", () => format(messages, writeParsed))
}
