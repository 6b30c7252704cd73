import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { encodeText } from "../../Message/index.ts"
import { Progress } from "./Progress.ts"
import { showsColours } from "./showsColours.ts"
import { outputFault } from "./standardOutput.ts"
import { visibleJson, visibleLines } from "./visible.ts"

/** Colours of text, by meaning. */
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

/** The output of a command: lines for people, or one JSON object a line. */
export class Output extends Context.Service<
  Output,
  {
    /** Writes a line to standard output, and waits while the reader is slow. After a write error, lines are dropped. */
    readonly line: (text: string) => Effect.Effect<void>
    /**
     * Writes one JSON object as a line. Whole numbers beyond the range of JSON readers are text, bytes are base64, and
     * text with bytes that are not UTF-8 is `{ "base64": … }`.
     */
    readonly json: (value: unknown) => Effect.Effect<void>
    /** Writes text unchanged: for redrawing the screen. */
    readonly raw: (text: string) => Effect.Effect<void>
    /** Writes bytes unchanged: for a file or a program. */
    readonly bytes: (bytes: Uint8Array) => Effect.Effect<void>
    /**
     * Writes a line with a device's text for programs: unchanged, but on a terminal invisible characters are escaped.
     */
    readonly plain: (text: string) => Effect.Effect<void>
    /** Writes text like {@link plain}, without a line end. */
    readonly exact: (text: string) => Effect.Effect<void>
    /** Waits until all output was passed to the system, or writing has failed: then the command is interrupted. */
    readonly flush: Effect.Effect<void>
    /** Prints a note on standard error. */
    readonly note: (text: string) => Effect.Effect<void>
    /** Shows an effect and its duration on the terminal if it takes longer than a second. */
    readonly busy: <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /** Returns the text in a colour, if standard output is a terminal with colours; not for {@link note}. */
    readonly paint: (colour: Colour, text: string) => string
    /** Returns the size of the terminal if standard output is one. */
    readonly terminal: () => { readonly columns: number; readonly rows: number } | undefined
  }
>()("katcp/Cli/Output") {
  /** The standard output of this process. */
  static readonly layer = Layer.sync(Output, () => {
    const { stderr, stdout } = process
    const progress = new Progress(stderr)
    // a device's text may have bytes that are not UTF-8
    const raw = (text: string) => put(text.isWellFormed() ? text : encodeText(text))
    const put = (chunk: string | Uint8Array) =>
      Effect.callback<void>((resume) => {
        progress.erase()
        if (outputFault() !== undefined || stdout.write(chunk)) return resume(Effect.void)
        const go = () => {
          stdout.off("drain", go).off("close", go)
          resume(Effect.void)
        }
        // a failed stream is closed
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

/** Converts a value to JSON. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item) => {
    if (typeof item === "bigint") return Number.isSafeInteger(Number(item)) ? Number(item) : item.toString()
    if (item instanceof Uint8Array) return Buffer.from(item).toString("base64")
    if (typeof item === "string" && !item.isWellFormed())
      return { base64: Buffer.from(encodeText(item)).toString("base64") }
    return typeof item === "number" && !Number.isFinite(item) ? String(item) : item
  })
