/** Prints how many bytes of memory an argument takes, as it is parsed, kept and read. Run with --expose-gc. */
import { Parser } from "../../../src/Codec/index.ts"
import { isMessage } from "../../../src/Message/index.ts"

const count = 65_536
const collect = (globalThis as { readonly gc?: () => void }).gc!
const used = (): number => {
  collect()
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
/** Of each step the bytes per argument that are still held after it. */
const measure = (word: string): Readonly<Record<string, number>> => {
  const before = used()
  const parser = new Parser()
  const line = new TextEncoder().encode(`?echo[1]${` ${word}`.repeat(count)}\n`)
  const [found] = parser.push(line)
  if (!isMessage(found)) throw new Error("no message")
  const parsed = used()
  const own = found.own()
  const kept = used()
  const texts = Array.from({ length: count }, (_, index) => own.text(index))
  const read = used()
  if (texts.length + line.length + found.length + own.length < 4 * count) throw new Error("never")
  return { parsed: (parsed - before) / count, kept: (kept - before) / count, read: (read - before) / count }
}
measure("w")
console.log(JSON.stringify({ short: measure("x"), long: measure("0123456789abcdef") }))
