import * as Stream from "effect/Stream"
import { decodeText } from "../Message/index.ts"
import { cannotRun, type Failure } from "./Failure.ts"

/**
 * The lines of standard input, live. Lines are found among bytes, and each is read by `decodeText`, so bytes that are
 * not UTF-8 are preserved.
 */
export const inputLines: Stream.Stream<string, Failure> = Stream.fromAsyncIterable(
  process.stdin as AsyncIterable<Buffer>,
  (error) => cannotRun(`cannot read standard input: ${error}`)
).pipe(
  Stream.map((chunk) => chunk.toString("latin1")),
  Stream.splitLines,
  Stream.map((line) => decodeText(Buffer.from(line, "latin1")))
)
