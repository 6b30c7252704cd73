/** Reads and writes of registers: bytes, words, fields. */
import * as Effect from "effect/Effect"
import type { Core } from "./Core.ts"
import { type BoardError, DoesNotFit } from "./errors.ts"
import { rangeOf, valueIn, wordWith } from "./fixed.ts"
import type { BoardRegister, Field } from "./Registers.ts"

/**
 * Pieces of one read that are requested at once. Not measured on a board: two keep it busy while one travels, and
 * more only wait in its buffers.
 */
const ahead = 4
/**
 * The number of requests of one list of words that are sent at once; the next ones follow when all have their replies.
 * Measured for 10,000 words on a fake board, CPU time of the client: 64 at once 30 ms, 256 25 ms, 1,024 70 ms, because
 * the replies then outlive a garbage collection. With a new request for each reply 75 ms: most writes then have only a
 * few requests.
 */
const listAhead = 256

const invalidAccess = (core: Core, register: string, detail: string) =>
  Effect.fail(new DoesNotFit({ host: core.options.text, register, detail }))

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** Returns a register with room for this many bytes at an offset. */
const withRoom = (
  core: Core,
  name: string,
  offset: number,
  length: number | undefined
): Effect.Effect<BoardRegister, BoardError> =>
  Effect.flatMap(core.register(name), (register) => {
    const size = length ?? register.length - offset
    return isCount(offset) && isCount(size) && offset + size <= register.length
      ? Effect.succeed(register)
      : invalidAccess(core, name, `bytes ${offset} to ${offset + size} are not within its ${register.length} bytes`)
  })

/** Reads bytes in the FPGA's order, in pieces. */
export const read = Effect.fnUntraced(function* (
  core: Core,
  name: string,
  options?: { readonly offset?: number | undefined; readonly length?: number | undefined }
) {
  const offset = options?.offset ?? 0
  const register = yield* withRoom(core, name, offset, options?.length)
  const length = options?.length ?? register.length - offset
  const { piece } = core.options
  if (length > piece && (yield* core.hasBulkread)) return yield* bulkread(core, name, offset, length)
  if (length <= piece) return yield* readPiece(core, name, offset, length)
  const out = new Uint8Array(length)
  const starts = Array.from({ length: Math.ceil(length / piece) }, (_, at) => at * piece)
  yield* Effect.forEach(
    starts,
    (at) =>
      Effect.map(readPiece(core, name, offset + at, Math.min(piece, length - at)), (bytes) => {
        out.set(bytes, at)
      }),
    { concurrency: ahead, discard: true }
  )
  return out
})

const readPiece = (core: Core, name: string, offset: number, length: number): Effect.Effect<Uint8Array, BoardError> =>
  length === 0
    ? Effect.succeed(new Uint8Array(0))
    : Effect.flatMap(
        core.ask("read", core.client.request.read({ register: name, offset: `${offset}`, length: `${length}` })),
        ({ data }) => (data.length === length ? Effect.succeed(data) : short(core, name, data.length, length))
      )

const short = (core: Core, name: string, came: number, asked: number) =>
  invalidAccess(core, name, `the board returned ${came} bytes instead of ${asked}`)

const bulkread = (core: Core, name: string, offset: number, length: number): Effect.Effect<Uint8Array, BoardError> =>
  Effect.flatMap(
    core.ask("bulkread", core.client.request.bulkread({ register: name, offset, length })),
    ({ informs }) => {
      const size = informs.reduce((sum, { data }) => sum + data.length, 0)
      if (size !== length) return short(core, name, size, length)
      const out = new Uint8Array(length)
      let at = 0
      for (const { data } of informs) {
        out.set(data, at)
        at += data.length
      }
      return Effect.succeed(out)
    }
  )

/** Writes bytes in the FPGA's order, in pieces, one after another. */
export const write = Effect.fnUntraced(function* (
  core: Core,
  name: string,
  bytes: Uint8Array,
  options?: { readonly offset?: number | undefined }
) {
  const offset = options?.offset ?? 0
  yield* withRoom(core, name, offset, bytes.length)
  const { piece } = core.options
  for (let at = 0; at < bytes.length; at += piece)
    yield* core.ask(
      "write",
      core.client.request.write({ register: name, offset: `${offset + at}`, data: bytes.subarray(at, at + piece) })
    )
})

/** Reads words as numbers, for any byte order. */
export const readWords = Effect.fnUntraced(function* (
  core: Core,
  name: string,
  options?: { readonly word?: number | undefined; readonly count?: number | undefined }
) {
  const word = options?.word ?? 0
  const register = yield* withRoom(core, name, word * 4, options?.count === undefined ? undefined : options.count * 4)
  const count = options?.count ?? Math.floor(register.length / 4) - word
  if (count <= 64) return yield* wordread(core, name, word, count)
  const bytes = yield* read(core, name, { offset: word * 4, length: count * 4 })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = core.options.quirks.endian === "little"
  return Array.from({ length: count }, (_, at) => view.getUint32(at * 4, little))
})

const wordread = (
  core: Core,
  name: string,
  word: number,
  count: number
): Effect.Effect<ReadonlyArray<number>, BoardError> =>
  count === 0
    ? Effect.succeed([])
    : Effect.flatMap(
        core.ask("wordread", core.client.request.wordread({ register: name, word: `${word}`, count })),
        ({ words }) => (words.length === count ? Effect.succeed(words) : short(core, name, words.length * 4, count * 4))
      )

/**
 * The place of a word.
 *
 * @category models
 * @since 0.1.0
 */
export interface WordPlace {
  /** The register. */
  readonly register: string
  /** The word of the register. Default 0. */
  readonly word?: number | undefined
}

/** Reads one word at each place, as numbers. Checks all places first. */
export const readUints = Effect.fnUntraced(function* (core: Core, places: Iterable<string | WordPlace>) {
  const list = Array.from(places, (place) =>
    typeof place === "string" ? { register: place, word: 0 } : { register: place.register, word: place.word ?? 0 }
  )
  for (const { register, word } of list)
    if (!core.hasRoom(register, word * 4 + 4)) yield* withRoom(core, register, word * 4, 4)
  const values: Array<number> = []
  for (let at = 0; at < list.length; at += listAhead) {
    const some = yield* Effect.forEach(
      list.slice(at, at + listAhead),
      ({ register, word }) => Effect.map(wordread(core, register, word, 1), ([value]) => value!),
      { concurrency: "unbounded" }
    )
    for (const value of some) values.push(value)
  }
  return values
})

/** Writes words as numbers, for any byte order. */
export const writeWords = Effect.fnUntraced(function* (
  core: Core,
  name: string,
  values: ReadonlyArray<number>,
  options?: { readonly word?: number | undefined }
) {
  const word = options?.word ?? 0
  const bad = values.find((value) => !(Number.isInteger(value) && value >= -0x80000000 && value <= 0xffffffff))
  if (bad !== undefined) return yield* invalidAccess(core, name, `${bad} is not a whole number of 32 bits`)
  yield* withRoom(core, name, word * 4, values.length * 4)
  const each = core.options.quirks.wordwriteOrs ? 1 : 256
  for (let at = 0; at < values.length; at += each)
    yield* core.ask(
      "wordwrite",
      core.client.request.wordwrite({ register: name, word: `${word + at}`, words: values.slice(at, at + each) })
    )
})

/** The format of a number in a word. */
export type Format = { readonly [K in Exclude<keyof Field, "name">]?: Field[K] | undefined }

const whole = (format: Format | undefined): Omit<Field, "name"> => ({
  lowest: format?.lowest ?? 0,
  width: format?.width ?? 32 - (format?.lowest ?? 0),
  binaryPoint: format?.binaryPoint ?? 0,
  signed: format?.signed ?? false
})

const checked = (core: Core, name: string, format: Omit<Field, "name">) =>
  isCount(format.lowest) && isCount(format.width) && format.width > 0 && format.lowest + format.width <= 32
    ? Effect.void
    : invalidAccess(core, name, `a field of ${format.width} bits from bit ${format.lowest} on is not within a word`)

/** Reads a number in a word. */
export const readNumber = (core: Core, name: string, format?: Format, word = 0): Effect.Effect<number, BoardError> => {
  const field = whole(format)
  return Effect.andThen(
    checked(core, name, field),
    Effect.map(
      // if the register is known, one request suffices
      core.hasRoom(name, word * 4 + 4) ? wordread(core, name, word, 1) : readWords(core, name, { word, count: 1 }),
      ([value]) => valueIn(value!, field)
    )
  )
}

/** Writes a number in a word. If it does not fill the word, reads the word first. */
export const writeNumber = (
  core: Core,
  name: string,
  value: number,
  format?: Format,
  word = 0
): Effect.Effect<void, BoardError> =>
  Effect.gen(function* () {
    const field = whole(format)
    yield* checked(core, name, field)
    const [before] = field.width === 32 ? [0] : yield* readWords(core, name, { word, count: 1 })
    const after = wordWith(before!, value, field)
    const [minimum, maximum] = rangeOf(field)
    if (after === undefined)
      return yield* invalidAccess(core, name, `${value} is not between ${minimum} and ${maximum}`)
    yield* writeWords(core, name, [after], { word })
  })

/** Returns a named field of the design. */
export const fieldOf = (core: Core, name: string, field: string): Effect.Effect<Field, BoardError> =>
  Effect.flatMap(core.register(name), ({ fields }) => {
    const found = fields.get(field)
    if (found !== undefined) return Effect.succeed(found)
    const known = [...fields.keys()].join(", ")
    return invalidAccess(core, name, `the design names no field ${field}${known === "" ? "" : `, but ${known}`}`)
  })
