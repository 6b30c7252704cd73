/**
 * Assembles the part of the WebAssembly text format (WAT) that this project uses: one module with a memory, data and
 * exported functions, whose instructions are folded (`(i32.add (local.get $at) (i32.const 1))`). Anything else is
 * refused. The text format and its binary form are in the WebAssembly core specification, chapters 5 and 6.
 *
 * Run as a program it assembles `src/Codec/vectors.wat` into `src/Codec/vectorsModule.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"

type Node = string | { readonly text: string } | ReadonlyArray<Node>

const token = /\s*(?:(;;[^\n]*)|(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()";]+))/gy

/** Returns the nested lists of a text. */
const read = (source: string): Node => {
  const stack: Array<Array<Node>> = [[]]
  token.lastIndex = 0
  for (;;) {
    const from = token.lastIndex
    const found = token.exec(source)
    if (found === null) {
      const rest = source.slice(from).trim()
      if (rest !== "") throw new Error(`cannot read ${JSON.stringify(rest.slice(0, 40))}`)
      break
    }
    const [, comment, open, close, text, word] = found
    if (comment !== undefined) continue
    if (open !== undefined) stack.push([])
    else if (close !== undefined) {
      const list = stack.pop()!
      const outer = stack.at(-1)
      if (outer === undefined) throw new Error("a closing parenthesis too many")
      outer.push(list)
    } else stack.at(-1)!.push(word ?? { text: text! })
  }
  if (stack.length !== 1 || stack[0]!.length !== 1) throw new Error("expected one module")
  return stack[0]![0]!
}

/** Returns an unsigned number in LEB128. */
const unsigned = (value: number): Array<number> =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
/** Returns a signed number of 32 bits in LEB128. */
const signed = (value: number): Array<number> =>
  value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
const vector = (items: ReadonlyArray<ReadonlyArray<number>>): Array<number> => [
  ...unsigned(items.length),
  ...items.flat()
]
const sized = (bytes: ReadonlyArray<number>): Array<number> => [...unsigned(bytes.length), ...bytes]
const section = (id: number, bytes: ReadonlyArray<number>): Array<number> => [id, ...sized(bytes)]
const name = (text: string): Array<number> => sized([...new TextEncoder().encode(text)])

const types: Readonly<Record<string, number>> = { i32: 0x7f, v128: 0x7b }
const plain: Readonly<Record<string, ReadonlyArray<number>>> = {
  return: [0x0f],
  "i32.eqz": [0x45],
  "i32.eq": [0x46],
  "i32.ne": [0x47],
  "i32.lt_u": [0x49],
  "i32.gt_u": [0x4b],
  "i32.le_u": [0x4d],
  "i32.ge_u": [0x4f],
  "i32.ctz": [0x68],
  "i32.add": [0x6a],
  "i32.sub": [0x6b],
  "i32.and": [0x71],
  "i32.or": [0x72],
  "i32.xor": [0x73],
  "i32.shl": [0x74],
  "i32.shr_u": [0x76],
  "i8x16.swizzle": [0xfd, 14],
  "i8x16.splat": [0xfd, 15],
  "i8x16.eq": [0xfd, 35],
  "i8x16.lt_u": [0xfd, 38],
  "v128.and": [0xfd, 78],
  "v128.or": [0xfd, 80],
  "v128.any_true": [0xfd, 83],
  "i8x16.bitmask": [0xfd, 100],
  "i8x16.min_u": [0xfd, 119]
}
/** Instructions with an address: the code and the exponent of the alignment. */
const addressed: Readonly<Record<string, readonly [ReadonlyArray<number>, number]>> = {
  "i32.load": [[0x28], 2],
  "i32.load8_u": [[0x2d], 0],
  "i32.store": [[0x36], 2],
  "i32.store8": [[0x3a], 0],
  "v128.load": [[0xfd, 0], 0],
  "v128.store": [[0xfd, 11], 0]
}
const variables: Readonly<Record<string, number>> = { "local.get": 0x20, "local.set": 0x21, "local.tee": 0x22 }

const isList = (node: Node): node is ReadonlyArray<Node> => Array.isArray(node)
const word = (node: Node | undefined): string => {
  if (typeof node !== "string") throw new Error(`expected a word, found ${JSON.stringify(node)}`)
  return node
}
const number = (node: Node | undefined): number => {
  const value = Number(word(node).replace(/_/g, ""))
  if (!Number.isInteger(value)) throw new Error(`expected a whole number, found ${JSON.stringify(node)}`)
  return value
}

/** Writes the instructions of one function. */
class Body {
  private readonly locals: ReadonlyMap<string, number>
  constructor(locals: ReadonlyMap<string, number>) {
    this.locals = locals
  }

  all(nodes: ReadonlyArray<Node>, labels: ReadonlyArray<string>): Array<number> {
    return nodes.flatMap((node) => this.one(node, labels))
  }

  private one(node: Node, labels: ReadonlyArray<string>): Array<number> {
    if (!isList(node)) throw new Error(`expected a folded instruction, found ${JSON.stringify(node)}`)
    const code = word(node[0])
    const rest = node.slice(1)
    if (code === "block" || code === "loop") {
      const inner = this.all(rest.slice(1), [...labels, word(rest[0])])
      return [code === "block" ? 0x02 : 0x03, 0x40, ...inner, 0x0b]
    }
    if (code === "if") {
      const inside = [...labels, ""]
      const [condition, then, otherwise] = rest as ReadonlyArray<ReadonlyArray<Node>>
      if (then?.[0] !== "then" || (otherwise !== undefined && otherwise[0] !== "else")) throw new Error("expected then")
      const inner = this.all(then.slice(1), inside)
      const other = otherwise === undefined ? [] : [0x05, ...this.all(otherwise.slice(1), inside)]
      return [...this.one(condition!, labels), 0x04, 0x40, ...inner, ...other, 0x0b]
    }
    if (code === "br" || code === "br_if") {
      const depth = labels.length - 1 - labels.lastIndexOf(word(rest[0]))
      if (depth === labels.length) throw new Error(`no label ${rest[0]}`)
      return [...this.all(rest.slice(1), labels), code === "br" ? 0x0c : 0x0d, ...unsigned(depth)]
    }
    if (code === "i32.const") return [0x41, ...signed(number(rest[0]) | 0)]
    if (code === "v128.const") {
      const lanes = rest.slice(1)
      if (rest[0] !== "i8x16" || lanes.length !== 16) throw new Error("expected i8x16 and 16 numbers")
      return [0xfd, 12, ...lanes.map((lane) => number(lane) & 0xff)]
    }
    const variable = variables[code]
    if (variable !== undefined) {
      const index = this.locals.get(word(rest[0]))
      if (index === undefined) throw new Error(`no local ${rest[0]}`)
      return [...this.all(rest.slice(1), labels), variable, ...unsigned(index)]
    }
    const access = addressed[code]
    if (access !== undefined) {
      const given = typeof rest[0] === "string"
      const offset = given ? number(word(rest[0]).replace(/^offset=/, "")) : 0
      return [...this.all(rest.slice(given ? 1 : 0), labels), ...access[0], access[1], ...unsigned(offset)]
    }
    const found = plain[code]
    if (found === undefined) throw new Error(`no instruction ${code}`)
    return [...this.all(rest, labels), ...found]
  }
}

/** Returns the bytes of a text in a data segment: ASCII and escapes of two hexadecimal digits. */
const dataOf = (text: string): Array<number> =>
  Array.from(text.matchAll(/\\([0-9a-f]{2})|([^\\])/g), ([, hex, character]) =>
    hex === undefined ? character!.charCodeAt(0) : Number.parseInt(hex, 16)
  )

/** Returns the binary form of a module. */
export const assemble = (source: string): Uint8Array<ArrayBuffer> => {
  const [head, ...fields] = read(source) as ReadonlyArray<Node>
  if (head !== "module") throw new Error("expected a module")
  const memories: Array<Array<number>> = []
  const data: Array<Array<number>> = []
  const signatures: Array<Array<number>> = []
  const functions: Array<Array<number>> = []
  const exported: Array<Array<number>> = []
  const code: Array<Array<number>> = []
  for (const field of fields) {
    const [kind, ...parts] = field as ReadonlyArray<Node>
    const lists = parts.filter(isList)
    for (const [, given] of lists.filter((list) => list[0] === "export")) {
      const index = kind === "memory" ? memories.length : functions.length
      exported.push([...name((given as { readonly text: string }).text), kind === "memory" ? 2 : 0, ...unsigned(index)])
    }
    if (kind === "memory") {
      const pages = unsigned(number(parts.at(-1)))
      memories.push([0x01, ...pages, ...pages])
    } else if (kind === "data") {
      const [offset] = lists
      const { text } = parts.at(-1) as { readonly text: string }
      data.push([0x00, ...new Body(new Map()).all([offset!], []), 0x0b, ...sized(dataOf(text))])
    } else if (kind === "func") {
      const declared = (word: string) => lists.filter((list) => list[0] === word)
      const body = lists.filter((list) => !["export", "param", "result", "local"].includes(String(list[0])))
      const variables = [...declared("param"), ...declared("local")]
      const typeOf = (list: ReadonlyArray<Node>): number => types[word(list.at(-1))]!
      const locals = new Map(variables.map((list, index) => [word(list[1]), index]))
      functions.push(unsigned(signatures.length))
      signatures.push([
        0x60,
        ...vector(declared("param").map((list) => [typeOf(list)])),
        ...vector(declared("result").map((list) => [typeOf(list)]))
      ])
      const own = vector(declared("local").map((list) => [1, typeOf(list)]))
      code.push(sized([...own, ...new Body(locals).all(body, []), 0x0b]))
    } else throw new Error(`cannot assemble ${JSON.stringify(kind)}`)
  }
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(signatures)),
    ...section(3, vector(functions)),
    ...section(5, vector(memories)),
    ...section(7, vector(exported)),
    ...section(10, vector(code)),
    ...section(11, vector(data))
  ])
}

/** Returns the source file that contains a module in Base64. */
export const moduleFile = (bytes: Uint8Array): string => {
  const lines = Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,110}/g)!
  return [
    "/** The WebAssembly module of `vectors.wat` in Base64. Generated by `scripts/assemble.ts`; edits are overwritten. */",
    "export const vectorsModule =",
    lines.map((line) => `  "${line}"`).join(" +\n"),
    ""
  ].join("\n")
}

if (import.meta.main) {
  const at = (name: string) => path.join(import.meta.dirname, "..", "src", "Codec", name)
  writeFileSync(at("vectorsModule.ts"), moduleFile(assemble(readFileSync(at("vectors.wat"), "utf8"))))
}
