import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { causeOf, expectOptions } from "../../Message/index.ts"
import type { Site } from "../../Site/index.ts"
import {
  ExportRefused,
  type LineForm,
  layerPush,
  ndjsonLines,
  type PushOptions,
  type Sink,
  SinkFailed
} from "../index.ts"
import { RotatingFile } from "./RotatingFile.ts"

/**
 * Options of a file for lines, and its rotation.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileOptions {
  /**
   * The file. Earlier ones are beside it, with the time of their end in their names:
   * `night.20261129T160000000Z.ndjson`.
   */
  readonly file: string
  /** The size after which a new file begins. Default 256 MB. */
  readonly size?: ByteSize.Input | undefined
  /** The time after which a new file begins. Default 1 day. */
  readonly age?: Duration.Input | undefined
  /** The number of earlier files; the oldest are removed. Default 14. */
  readonly keep?: number | undefined
  /** The form of the lines. Default `ndjsonLines()`. */
  readonly form?: LineForm | undefined
  /** The name of the sink in metrics and `/healthz`. Default that of the form. */
  readonly name?: string | undefined
}

/** Not measured: some hours of 10,000 readings a minute, and a size that editors and `katcp replay` can still open. */
const defaultSize = 256_000_000

/** Codes of a full disk, which can have room again. */
const full: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

/**
 * A file that takes readings as lines, NDJSON by default. It is appended to; a partial last line after a crash is
 * removed. While the disk is full, also at the start, the file has nothing of a batch, and the batch is retried. Fails
 * with `ExportRefused` if the file cannot be opened for another reason.
 *
 * @category sinks
 * @since 0.1.0
 */
export const lineFile = (options: FileOptions): Effect.Effect<Sink, ExportRefused, Scope.Scope> =>
  Effect.gen(function* () {
    expectOptions("Export.lineFile", options, ["file"])
    const { age = "1 day", file, form = ndjsonLines(), keep = 14, size } = options
    const clock = yield* Clock.Clock
    const now = () => ({
      time: clock.currentTimeMillisUnsafe(),
      elapsed: Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    })
    const rotation = {
      size: size === undefined ? defaultSize : ByteSize.toNumberUnsafe(ByteSize.fromInputUnsafe(size)),
      age: Duration.toMillis(age),
      keep
    }
    const lines = new RotatingFile(file, rotation, form.head)
    yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => lines.open(now()),
        catch: (error) => ({
          isFull: full.has((error as { readonly code?: string }).code),
          message: `cannot write to ${file}: ${causeOf(error)}`
        })
      }).pipe(
        // the push loop retries, and reports it
        Effect.catch(({ isFull, message }) => (isFull ? Effect.void : new ExportRefused({ message })))
      ),
      () => Effect.ignore(Effect.tryPromise(() => lines.close()))
    )
    const append = (text: string) =>
      // wait for a write that has begun: the next one begins where it ends
      Effect.uninterruptible(
        Effect.tryPromise({
          try: () => lines.append(text, now()),
          catch: (error) => new SinkFailed({ why: "away", message: `cannot write to ${file}: ${causeOf(error)}` })
        })
      )
    return {
      name: options.name ?? form.name,
      to: file,
      write: (changes) =>
        Effect.suspend(() => {
          const { altered, readings, text } = form.lines(changes)
          const written = { written: readings, refused: 0, altered }
          return text === "" ? Effect.succeed(written) : Effect.as(append(text), written)
        }),
      gap: (lost) =>
        Effect.suspend(() => {
          const text = form.gap(lost, now().time / 1000)
          return text === "" ? Effect.void : append(text)
        })
    } satisfies Sink
  })

/**
 * Writes every reading of a site's sensors to a file: see {@link lineFile}.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as ExportNode from "katcp/Export/node"
 * import { NodeClient } from "katcp/Node"
 * import { Site } from "katcp/Site"
 *
 * const site = Site.layer({ devices: { m000: NodeClient.tcp({ host: "10.0.0.1", port: 7147 }) } })
 * export const main = ExportNode.layerLineFile({ file: "night.ndjson", age: "1 hour" }).pipe(Layer.provide(site))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerLineFile = (options: FileOptions & PushOptions): Layer.Layer<never, ExportRefused, Site> =>
  layerPush(lineFile(options), options)
