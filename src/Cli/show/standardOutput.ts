/** The standard output of this process, and its errors: a reader that stops, a full disk. */
import { closeSync, fstatSync, writeSync } from "node:fs"
import { causeOf } from "../../Message/index.ts"

const { stderr, stdout } = process

/** The first error of the standard output. */
let fault: NodeJS.ErrnoException | undefined
const listeners = new Set<(error: NodeJS.ErrnoException) => void>()

/** Returns the first error of standard output, if any. */
export const outputFault = (): NodeJS.ErrnoException | undefined => fault

/** Calls a function at the first error of standard output. */
export const onOutputFault = (listener: (error: NodeJS.ErrnoException) => void): void => {
  listeners.add(listener)
}

/** Returns `true` for the error of a pipe whose reader has gone: the reader has read enough. */
export const isClosedPipe = (error: NodeJS.ErrnoException): boolean => error.code === "EPIPE"

/** Returns the line for standard error: why the output could not be written. */
export const outputFaultText = (error: NodeJS.ErrnoException): string =>
  `katcp: cannot write the output: ${causeOf(error)}`

/** `true` if standard output is a file or a device that is not a terminal: Node then writes it synchronously. */
const isFile = stdout.constructor.name === "SyncWriteStream"

/**
 * Watches the standard streams of this process. Errors of standard output are passed to {@link onOutputFault}; errors
 * of standard error are ignored, because there is nowhere to report them.
 */
export const watchOutput = (): void => {
  stdout.on("error", failed)
  stderr.on("error", () => {})
  // a nearly full disk accepts a part of the data; Node's stream for files loses the rest without an error
  if (isFile) stdout._write = writeWhole
}

const failed = (error: NodeJS.ErrnoException): void => {
  if (fault !== undefined) return
  fault = error
  for (const listener of listeners) listener(error)
}

function writeWhole(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
  try {
    for (let at = 0; at < chunk.length; ) at += writeSync(1, chunk, at)
  } catch (error) {
    return done(error as Error)
  }
  done()
}

/**
 * Calls `done` when all output was passed to the system, with the error if writing failed. A file is closed, because a
 * network file system may report its errors only then.
 */
export const finishOutput = (done: (error: NodeJS.ErrnoException | undefined) => void): void => {
  const flushed = () => {
    if (fault === undefined && isFile)
      try {
        if (fstatSync(1).isFile()) closeSync(1)
      } catch (error) {
        failed(error as NodeJS.ErrnoException)
      }
    stderr.write("", () => done(fault))
  }
  // an error is emitted in the turn after the callback that has it
  stdout.write("", () => setImmediate(flushed))
}
