import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { encodeText } from "../../Message/index.ts"
import { Progress } from "./Progress.ts"
import { showsColours } from "./showsColours.ts"
import { outputFault } from "./standardOutput.ts"
import { visibleJson, visibleLines } from "./visible.ts"

/** Colours of text, by what they say. */
export type Colour = "red" | "yellow" | "green" | "cyan" | "blue" | "white" | "magenta" | "grey" | "bold"

const codes: Record<Colour, number> = {
  red: 31,
  yellow: 33,
  green: 32,
  cyan: 36,
  blue: 94,
  white: 97,
  magenta: 35,
  grey: 90,
  bold: 1
}

/** Where a command writes: lines for people, or one JSON object a line. */
export class Output extends Context.Service<
  Output,
  {
    /** Writes a line to the standard output, and waits while nobody takes it. When writing has failed, lines are dropped. */
    readonly line: (text: string) => Effect.Effect<void>
    /**
     * Writes one JSON object as a line. Whole numbers beyond those that JSON readers hold are text, bytes are base64, and text
     * with bytes that are not UTF-8 is `{ "base64": … }`.
     */
    readonly json: (value: unknown) => Effect.Effect<void>
    /** Writes as it is: for what redraws the screen. */
    readonly raw: (text: string) => Effect.Effect<void>
    /** Writes bytes as they are: for a file or a program. */
    readonly bytes: (bytes: Uint8Array) => Effect.Effect<void>
    /** Writes a line with text of a device for programs: as it is; on a terminal, what does not show there is escaped. */
    readonly plain: (text: string) => Effect.Effect<void>
    /** The same without a line end. */
    readonly exact: (text: string) => Effect.Effect<void>
    /** Waits until all that was written was handed to the system, or writing has failed: then the command is interrupted. */
    readonly flush: Effect.Effect<void>
    /** Says something beside the output, on the standard error. */
    readonly note: (text: string) => Effect.Effect<void>
    /** Says on the terminal what an effect does, and for how long already, when that is longer than a second. */
    readonly busy: <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /** The text in a colour, where the standard output is a terminal that shows them; not for {@link note}. */
    readonly paint: (colour: Colour, text: string) => string
    /** Whether the standard output is a terminal, and how large. */
    readonly terminal: () => { readonly columns: number; readonly rows: number } | undefined
  }
>()("katcp/Cli/Output") {
  /** The standard output of this process. */
  static readonly layer = Layer.sync(Output, () => {
    const { stderr, stdout } = process
    const progress = new Progress(stderr)
    // text of a device may have bytes that are not UTF-8
    const raw = (text: string) => put(text.isWellFormed() ? text : encodeText(text))
    const put = (chunk: string | Uint8Array) =>
      Effect.callback<void>((resume) => {
        progress.erase()
        if (outputFault() !== undefined || stdout.write(chunk)) return resume(Effect.void)
        const go = () => {
          stdout.off("drain", go).off("close", go)
          resume(Effect.void)
        }
        // one that fails is closed
        stdout.on("drain", go).on("close", go)
      })
    const forPrograms = (text: string) => (stdout.isTTY === true ? visibleLines(text) : text)
    const coloured = showsColours(stdout)
    return {
      line: (text) => raw(`${text}\n`),
      plain: (text) => raw(`${forPrograms(text)}\n`),
      exact: (text) => raw(forPrograms(text)),
      json: (value) => raw(`${visibleJson(toJson(value))}\n`),
      raw,
      bytes: put,
      // an error is emitted in the turn after the callback that has it
      flush: Effect.callback((resume) => {
        stdout.write("", () => setImmediate(() => resume(Effect.void)))
      }),
      note: (text) =>
        Effect.sync(() => {
          progress.erase()
          stderr.write(`${text}\n`)
        }),
      busy: (what, effect) => progress.during(what, effect),
      paint: (colour, text) => (coloured ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text),
      terminal: () => (stdout.isTTY === true ? { columns: stdout.columns, rows: stdout.rows } : undefined)
    }
  })
}

/** A value as JSON. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item) => {
    if (typeof item === "bigint") return Number.isSafeInteger(Number(item)) ? Number(item) : item.toString()
    if (item instanceof Uint8Array) return Buffer.from(item).toString("base64")
    if (typeof item === "string" && !item.isWellFormed())
      return { base64: Buffer.from(encodeText(item)).toString("base64") }
    return typeof item === "number" && !Number.isFinite(item) ? String(item) : item
  })
