/**
 * Plain JavaScript on the corpus: `codec.ts DIR SECS [CORPUS ...]`.
 *
 * Hand-written, without any library, to show what V8 allows. A floor, not a codec: it checks neither names nor escapes.
 *
 * - js-split: latin1 strings: lines, then type, name, id and arguments, unescaped where a backslash is
 * - js-bytes: no strings except for the name; arguments are Buffers (views, or a new one if there is an escape)
 *
 * Prints the JSON lines of the project's codec program (see README.md).
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const [dir, secsText, ...only] = process.argv.slice(2) as [string, string, ...Array<string>]
const secs = Number(secsText)
const manifest = JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")) as Record<
  string,
  { readonly messages: number; readonly sha256: string }
>

const unescapes: Record<string, string> = {
  _: " ",
  0: "\0",
  n: "\n",
  r: "\r",
  e: "\x1b",
  t: "\t",
  "\\": "\\",
  "@": ""
}
const escapes: Record<string, string> = {
  " ": "\\_",
  "\0": "\\0",
  "\n": "\\n",
  "\r": "\\r",
  "\x1b": "\\e",
  "\t": "\\t",
  "\\": "\\\\"
}
const unescape = (s: string) => (s.indexOf("\\") === -1 ? s : s.replace(/\\(.)/g, (_, c) => unescapes[c]!))
const special = /[ \0\n\r\x1b\t\\]/
const specials = /[ \0\n\r\x1b\t\\]/g
const escape = (s: string) => (s === "" ? "\\@" : special.test(s) ? s.replace(specials, (c) => escapes[c]!) : s)

/** Node's shortcut around the choice of an encoding, which its types omit. */
type Latin1Buffer = Buffer & { latin1Slice(from: number, to: number): string }

interface Parsed<A> {
  readonly type: number
  readonly name: string
  readonly id: number | undefined
  readonly args: Array<A>
}

type Take<A> = (messages: ReadonlyArray<A>) => void

function textParse(chunks: ReadonlyArray<Buffer>, take: Take<Parsed<string>>): void {
  let rest = ""
  for (const chunk of chunks) {
    const out: Array<Parsed<string>> = []
    const s = chunk.toString("latin1")
    let i = 0
    for (;;) {
      const e = s.indexOf("\n", i)
      if (e === -1) break
      const one = s.substring(i, e)
      out.push(split(rest === "" ? one : rest + one))
      rest = ""
      i = e + 1
    }
    if (i < s.length) rest += i === 0 ? s : s.substring(i)
    take(out)
  }
}
function split(s: string): Parsed<string> {
  const parts = s.split(" ")
  const head = parts[0]!
  const b = head.indexOf("[")
  const args = new Array<string>(parts.length - 1)
  for (let i = 1; i < parts.length; i++) args[i - 1] = unescape(parts[i]!)
  return {
    type: s.charCodeAt(0),
    name: b === -1 ? head.substring(1) : head.substring(1, b),
    id: b === -1 ? undefined : +head.substring(b + 1, head.length - 1),
    args
  }
}
function text(m: Parsed<string>): string {
  let s = String.fromCharCode(m.type) + m.name
  if (m.id !== undefined) s += `[${m.id}]`
  for (let i = 0; i < m.args.length; i++) s += ` ${escape(m.args[i]!)}`
  return `${s}\n`
}
function textFormat(messages: ReadonlyArray<Parsed<string>>): Array<Buffer> {
  const out: Array<Buffer> = []
  let s = ""
  for (let i = 0; i < messages.length; i++) {
    s += text(messages[i]!)
    if (s.length > 65536) {
      out.push(Buffer.from(s, "latin1"))
      s = ""
    }
  }
  out.push(Buffer.from(s, "latin1"))
  return out
}

const unescapeByte = new Uint8Array(256)
const escapeByte = new Uint8Array(256)
for (const [k, v] of Object.entries(unescapes)) unescapeByte[k.charCodeAt(0)] = v === "" ? 0 : v.charCodeAt(0)
for (const [k, v] of Object.entries(escapes)) escapeByte[k.charCodeAt(0)] = v.charCodeAt(1)
function argument(b: Buffer, i: number, e: number): Buffer {
  let k = b.indexOf(92, i)
  if (k === -1 || k >= e) return b.subarray(i, e)
  if (e - i === 2 && b[i + 1] === 64) return b.subarray(i, i)
  const out = Buffer.allocUnsafeSlow(e - i)
  b.copy(out, 0, i, k)
  let j = k - i
  for (; k < e; k++) {
    const c = b[k]!
    out[j++] = c === 92 ? unescapeByte[b[++k]!]! : c
  }
  return out.subarray(0, j)
}
function byteLine(b: Buffer, i: number, e: number): Parsed<Buffer> {
  let p = i + 1
  while (p < e && b[p] !== 32 && b[p] !== 91) p++
  const name = (b as Latin1Buffer).latin1Slice(i + 1, p)
  let id: number | undefined
  if (p < e && b[p] === 91) {
    id = 0
    for (p++; b[p] !== 93; p++) id = id * 10 + b[p]! - 48
    p++
  }
  const args: Array<Buffer> = []
  while (p < e) {
    let q = p + 1
    if (e - p > 512) {
      q = b.indexOf(32, q)
      if (q === -1 || q > e) q = e
      args.push(argument(b, p + 1, q))
    } else {
      let esc = false
      for (; q < e && b[q] !== 32; q++) if (b[q] === 92) esc = true
      args.push(esc ? argument(b, p + 1, q) : b.subarray(p + 1, q))
    }
    p = q
  }
  return { type: b[i]!, name, id, args }
}
function byteParse(chunks: ReadonlyArray<Buffer>, take: Take<Parsed<Buffer>>): void {
  let rest: Array<Buffer> = []
  for (const b of chunks) {
    const out: Array<Parsed<Buffer>> = []
    let i = 0
    for (;;) {
      const e = b.indexOf(10, i)
      if (e === -1) break
      if (rest.length > 0) {
        rest.push(b.subarray(i, e))
        const one = Buffer.concat(rest)
        out.push(byteLine(one, 0, one.length))
        rest = []
      } else out.push(byteLine(b, i, e))
      i = e + 1
    }
    if (i < b.length) rest.push(b.subarray(i))
    take(out)
  }
}
function byteFormat(messages: ReadonlyArray<Parsed<Buffer>>): Array<Buffer> {
  const parts: Array<Buffer> = []
  let out = Buffer.allocUnsafe(1 << 16)
  let j = 0
  for (const m of messages) {
    let need = m.name.length + 24
    for (const a of m.args) need += 2 * a.length + 3
    if (j + need > out.length) {
      parts.push(out.subarray(0, j))
      out = Buffer.allocUnsafe(Math.max(1 << 16, need))
      j = 0
    }
    out[j++] = m.type
    for (let i = 0; i < m.name.length; i++) out[j++] = m.name.charCodeAt(i)
    if (m.id !== undefined) j += out.write(`[${m.id}]`, j, "latin1")
    for (const a of m.args) {
      out[j++] = 32
      const n = a.length
      if (n === 0) {
        out[j++] = 92
        out[j++] = 64
      }
      for (let i = 0; i < n; i++) {
        const c = a[i]!
        const e = escapeByte[c]!
        if (e !== 0) {
          out[j++] = 92
          out[j++] = e
        } else out[j++] = c
      }
    }
    out[j++] = 10
  }
  parts.push(out.subarray(0, j))
  return parts
}

const timed = (f: () => unknown, warmUp: number): number => {
  const runs: Array<number> = []
  const warm = performance.now() + warmUp // a JIT and a heap need some time
  do f()
  while (performance.now() < warm)
  const end = performance.now() + secs * 1000
  while (runs.length < 3 || performance.now() < end) {
    const t = performance.now()
    f()
    runs.push(performance.now() - t)
  }
  runs.sort((a, b) => a - b)
  return runs[runs.length >> 1]! / 1000
}

let _count = 0
const drop = (messages: ReadonlyArray<unknown>): void => {
  _count += messages.length
}
const bench = <A>(
  impl: string,
  parse: (chunks: ReadonlyArray<Buffer>, take: Take<A>) => void,
  format: (messages: ReadonlyArray<A>) => Array<Buffer>
): void => {
  for (const corpus of only.length > 0 ? only : Object.keys(manifest)) {
    const data = readFileSync(join(dir, `${corpus}.katcp`))
    const chunks: Array<Buffer> = []
    for (let i = 0; i < data.length; i += 65536) chunks.push(data.subarray(i, i + 65536))
    const messages: Array<A> = []
    parse(chunks, (found) => messages.push(...found))
    const hash = createHash("sha256")
      .update(Buffer.concat(format(messages)))
      .digest("hex")
    const wanted = manifest[corpus]!
    const ok = messages.length === wanted.messages && hash === wanted.sha256
    for (const op of ["parse", "format"]) {
      const t = timed(op === "parse" ? () => parse(chunks, drop) : () => format(messages), op === "parse" ? 300 : 100)
      const line = { impl, corpus, op, msgs_s: wanted.messages / t, mb_s: data.length / t / 1e6, ok }
      console.log(JSON.stringify(line))
    }
  }
}
bench("js-split", textParse, textFormat)
bench("js-bytes", byteParse, byteFormat)
