import * as Stream from "effect/Stream"
import { type Failure, unasked } from "./Failure.ts"

/** The lines of the standard input, as they come. */
export const inputLines: Stream.Stream<string, Failure> = Stream.fromAsyncIterable(
  process.stdin as AsyncIterable<Uint8Array>,
  (error) => unasked(`the standard input cannot be read: ${error}`)
).pipe(Stream.decodeText(), Stream.splitLines)
