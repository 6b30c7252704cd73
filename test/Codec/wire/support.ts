import { assert } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Equal from "effect/Equal"
import * as Schema from "effect/Schema"
import { type KatcpSyntaxError, Message } from "katcp"
import { type ParsedMessage, Parser, type ParserOptions } from "katcp/Codec"

/** Bytes of text, one byte a character. */
export const wire = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
/** Text of bytes, one character a byte. */
export const textOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")

type Found = ParsedMessage | KatcpSyntaxError

/** The messages that a parser finds in chunks, once fed and once pushed. */
export const parse = (chunks: ReadonlyArray<Uint8Array>, options?: ParserOptions): ReadonlyArray<Found> => {
  const pushed = new Parser(options)
  const found = chunks.flatMap((chunk) => pushed.push(chunk))
  // all chunks before the first message is taken
  const fed = new Parser(options)
  for (const chunk of chunks) fed.feed(chunk)
  const taken: Array<Found> = []
  for (let next = fed.next(); next !== undefined; next = fed.next()) taken.push(next)
  assert.deepStrictEqual(taken.map(plain), found.map(plain))
  assert.strictEqual(fed.pending, pushed.pending)
  return found
}

/** All there is in a message or error, for comparing. */
export const plain = (found: Message.Message | KatcpSyntaxError) =>
  Message.isMessage(found)
    ? { kind: found.kind, name: found.name, id: found.id, arguments: found.arguments.map(textOf) }
    : { reason: found.reason, position: found.position, raw: textOf(found.raw) }

/** The only message of a line. */
export const one = (line: string): ParsedMessage => {
  const found = parse([wire(`${line}\n`)])
  const [first] = found
  if (found.length !== 1 || !Message.isMessage(first)) return assert.fail(`${JSON.stringify(line)}: ${found.join()}`)
  return first
}

/** The arguments of the only message of a line, a character a byte. */
export const argumentsOf = (line: string): ReadonlyArray<string> => one(line).arguments.map(textOf)

export const assertSame = (actual: ReadonlyArray<unknown>, wanted: ReadonlyArray<Message.Message>): void => {
  assert.strictEqual(actual.length, wanted.length)
  wanted.forEach((message, at) => {
    assert.isTrue(Equal.equals(message, actual[at]), `${actual[at]} is not ${message}`)
  })
}

/** In pieces of these sizes, over and over. */
export const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  if (sizes.length === 0) return [bytes]
  const pieces: Array<Uint8Array> = []
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!
    pieces.push(bytes.slice(at, at + size))
    at += size
  }
  return pieces
}

export const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array =>
  Uint8Array.from(pieces.flatMap((piece) => [...piece]))

const special = wire("\\ \0\n\r\x1b\t@_nrte0\x01\x80")
const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

/** Byte strings; half of them made mostly of what needs an escape, or looks like one. */
export const byteStrings = Arbitrary.map(
  Arbitrary.all({ bytes: Arbitrary.array(between(0, 255)), spiced: Arbitrary.schema(Schema.Boolean) }),
  ({ bytes, spiced }) =>
    Uint8Array.from(bytes, (byte) => (spiced && byte < 192 ? special[byte % special.length]! : byte))
)

/** Sizes of chunks, one byte among them. */
export const chunkSizes = Arbitrary.array(between(1, 12), { maxLength: 6 })

const letters = "abcXYZ-09"
const names = Arbitrary.map(Arbitrary.array(between(0, letters.length - 1), { maxLength: 20 }), (indices) =>
  Message.isName(indices.map((index) => letters[index]).join(""))
    ? indices.map((index) => letters[index]).join("")
    : `n${indices.map((index) => letters[index]).join("")}`
)

const id = Arbitrary.schema(
  Schema.Union([Schema.Undefined, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2147483647 }))])
)

/** Messages of all kinds, with any bytes as arguments. */
export const messages = Arbitrary.map(
  Arbitrary.all({
    kind: Arbitrary.schema(Schema.Literals(["request", "reply", "inform"])),
    name: names,
    id,
    values: Arbitrary.array(byteStrings, { maxLength: 40 })
  }),
  ({ id, kind, name, values }) => Message.make(kind, name, values, { id })
)
