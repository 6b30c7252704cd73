import * as Stream from "effect/Stream"
import { decodeText } from "../Message/index.ts"
import { cannotRun, type Failure } from "./Failure.ts"

/**
 * The lines of the standard input, as they come. Lines are found among bytes, and each is read by `decodeText`: bytes that
 * are not UTF-8 are kept.
 */
export const inputLines: Stream.Stream<string, Failure> = Stream.fromAsyncIterable(
  process.stdin as AsyncIterable<Buffer>,
  (error) => cannotRun(`the standard input cannot be read: ${error}`)
).pipe(
  Stream.map((chunk) => chunk.toString("latin1")),
  Stream.splitLines,
  Stream.map((line) => decodeText(Buffer.from(line, "latin1")))
)
