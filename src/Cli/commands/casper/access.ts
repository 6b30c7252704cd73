/** `katcp casper read`, `write` and `watch`: registers of boards. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Casper from "../../../Casper/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { Output } from "../../show/Output.ts"
import { visible } from "../../show/visible.ts"
import { common, eachBoard, explained, firstHosts, hex, parseNumber, reach } from "./boards.ts"

const field = Flag.String("field").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription("A named field of the register, with its sign and binary point"),
  Flag.optional
)

const place = (name: string, description: string) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("N"),
    Flag.withDescription(description),
    Flag.filter(
      (value) => value >= 0,
      (value) => `"${value}" is less than 0`
    ),
    Flag.optional
  )

/** Fails with the most similar names for an unknown register. */
const named = <A>(board: Casper.Board, effect: Effect.Effect<A, Casper.BoardError>): Effect.Effect<A, Failure> =>
  Effect.catch(effect, (error) =>
    Effect.flatMap(
      error._tag === "UnknownRegister"
        ? Effect.orElseSucceed(board.registers, () => new Map<string, unknown>())
        : Effect.succeed(new Map<string, unknown>()),
      (registers: ReadonlyMap<string, unknown>) => Effect.fail(explained(board.host, error, registers.keys()))
    )
  )

/** Formats bytes for people: sixteen a line, with their offset. */
const dump = (bytes: Uint8Array, offset: number): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const row = [...bytes.subarray(line * 16, line * 16 + 16)]
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("")
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")
    return `${(offset + line * 16).toString(16).padStart(8, "0")}  ${digits.padEnd(47)}  ${text}`
  })

/** `katcp casper read`. */
export const read = Command.make(
  "read",
  {
    words: flags.words("HOST,HOST… REGISTER…", "The boards, separated by commas, and the registers"),
    offset: place("offset", "The first byte; default: 0"),
    length: place("length", "The number of bytes; default: everything from the offset on"),
    signed: Flag.Boolean("signed").pipe(
      Flag.withDescription("Show words as signed numbers (two's complement)"),
      Flag.withDefault(false)
    ),
    field,
    raw: Flag.Boolean("raw").pipe(
      Flag.withDescription("Write the raw bytes, for a file or a program"),
      Flag.withDefault(false)
    ),
    ...common
  },
  Effect.fnUntraced(function* (input) {
    const { hosts, rest: names } = yield* firstHosts(input, input.words)
    if (names.length === 0) return yield* cannotRun("name one or more registers; katcp casper list shows them")
    if (input.raw && (hosts.length > 1 || names.length > 1))
      return yield* cannotRun("--raw gives the bytes of one register of one board")
    yield* eachBoard(hosts, input, (host) =>
      Effect.scoped(
        Effect.gen(function* () {
          const output = yield* Output
          const board = yield* reach(host, input)
          for (const name of names) {
            const label = `${hosts.length > 1 ? `${host.text} ` : ""}${names.length > 1 || hosts.length > 1 ? `${name} ` : ""}`
            const about = { host: host.text, register: name }
            if (Option.isSome(input.field)) {
              const value = yield* named(board, board.readField(name, input.field.value))
              yield* input.json
                ? output.json({ ...about, field: input.field.value, value })
                : output.line(`${visible(label)}${value}`)
              continue
            }
            const { length } = yield* named(board, board.register(name))
            const offset = Option.getOrElse(input.offset, () => 0)
            const size = Option.getOrElse(input.length, () => Math.max(0, length - offset))
            if (size === 4 && offset % 4 === 0 && !input.raw) {
              const word = yield* named(board, board.readUint(name, offset / 4))
              const value = input.signed ? word | 0 : word
              yield* input.json
                ? output.json({ ...about, offset, value, hex: hex(word) })
                : output.line(`${visible(label)}${hex(word)} ${value}`)
              continue
            }
            const bytes = yield* named(board, board.read(name, { offset, length: size }))
            if (input.raw) yield* output.bytes(bytes)
            else if (input.json) yield* output.json({ ...about, offset, bytes })
            else
              yield* output.raw(
                [...(label === "" ? [] : [visible(label)]), ...dump(bytes, offset)].map((line) => `${line}\n`).join("")
              )
          }
        })
      )
    )
  })
).pipe(
  Command.withDescription("Read registers: a word in hexadecimal and decimal, or bytes"),
  Command.withExamples([
    { command: "katcp casper read roach1,roach2 acc_cnt", description: "A word of two boards" },
    { command: "katcp casper read roach1 adc_snap_bram --length 64", description: "Bytes" },
    { command: "katcp casper read roach1 spectrum --raw > spectrum.bin", description: "For a program" }
  ])
)

/** `katcp casper write`. */
export const write = Command.make(
  "write",
  {
    words: flags.words(
      "HOST,HOST… REGISTER VALUE…",
      "The boards, separated by commas, a register, and words: 1024, -1, 0x400"
    ),
    word: place("word", "The first word; default: 0"),
    field,
    ...common
  },
  Effect.fnUntraced(function* (input) {
    const { hosts, rest } = yield* firstHosts(input, input.words)
    const [name, ...texts] = rest
    if (name === undefined || texts.length === 0) return yield* cannotRun("name a register and the values")
    const values = texts.map(parseNumber)
    const bad = values.indexOf(undefined)
    if (bad !== -1) return yield* cannotRun(`${JSON.stringify(texts[bad])} is not a number: write 1024 or 0x400`)
    const numbers = values as ReadonlyArray<number>
    if (Option.isSome(input.field) && numbers.length > 1) return yield* cannotRun("a field takes one value")
    const word = Option.getOrElse(input.word, () => 0)
    yield* eachBoard(hosts, input, (host) =>
      Effect.scoped(
        Effect.gen(function* () {
          const output = yield* Output
          const board = yield* reach(host, input)
          yield* named(
            board,
            Option.isSome(input.field)
              ? board.writeField(name, input.field.value, numbers[0]!)
              : board.writeWords(name, numbers, { word })
          )
          if (input.json) yield* output.json({ host: host.text, register: name, word, values: numbers })
        })
      )
    )
  })
).pipe(
  Command.withDescription("Write words, or a field, to a register of boards"),
  Command.withExamples([
    { command: "katcp casper write roach1,roach2 acc_len 1024", description: "A word of two boards" },
    { command: "katcp casper write roach1 gain --field re 1.5", description: "A field" }
  ])
)

/** `katcp casper watch`. */
export const watch = Command.make(
  "watch",
  {
    words: flags.words("HOST,HOST… REGISTER…", "The boards, separated by commas, and registers of one word"),
    every: flags.duration("every", "The time between two readings; default: 1s"),
    count: place("count", "End after this many readings of each board"),
    ...common
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const { hosts, rest: names } = yield* firstHosts(input, input.words)
    if (names.length === 0) return yield* cannotRun("name one or more registers; katcp casper list shows them")
    const every = Option.getOrElse(input.every, () => 1000)
    if (every === 0) return yield* cannotRun("--every must be more than 0")
    const count = Option.getOrElse(input.count, () => Number.POSITIVE_INFINITY)
    yield* eachBoard(hosts, { ...input, concurrency: hosts.length, streams: true }, (host) =>
      Effect.scoped(
        Effect.gen(function* () {
          const board = yield* reach(host, input, true)
          const before = new Map<string, number>()
          for (let turn = 0; turn < count; turn++) {
            if (turn > 0) yield* Effect.sleep(every)
            // waits for a lost board to return
            yield* Effect.mapError(board.client.awaitConnected, (error) => explained(host.text, error))
            const words = yield* named(board, board.readUints(names)).pipe(
              Effect.catch((failure) => (board.client.isConnected ? Effect.fail(failure) : Effect.succeed([])))
            )
            for (const [at, word] of words.entries()) {
              const name = names[at]!
              if (before.get(name) === word) continue
              before.set(name, word)
              const time = DateTime.formatIso(yield* DateTime.now)
              yield* input.json
                ? output.json({ time, host: host.text, register: name, value: word, hex: hex(word) })
                : output.line(`${time} ${host.text} ${visible(name)} ${hex(word)} ${word}`)
            }
          }
        })
      )
    )
  })
).pipe(
  Command.withDescription("Show words of boards whenever they change"),
  Command.withExamples([
    { command: "katcp casper watch roach1,roach2 acc_cnt --every 500ms", description: "Two boards" }
  ])
)
