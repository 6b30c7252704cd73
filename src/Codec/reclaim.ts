/**
 * Triggers garbage collection of the arrays of long lines when a burst of them is over.
 *
 * A long line ends up in an array, and V8 collects dead arrays only after 64 MB of new ones. After a burst, an idle
 * process would keep up to that much for ever. V8 collects at once when an array of {@link pressure} bytes is
 * allocated. The array is released before it is touched, so it costs address space for a moment and no memory.
 */

/** Bytes of long lines after which a collection is worth its time (2 to 41 ms with a heap of 23 MB, measured). */
const burst = 16_777_216
/**
 * Bytes of an allocation that makes V8 collect. Measured: with 64 MiB nothing was collected in 2 of 2 trials; with 256
 * MiB everything was collected in 3 of 3, within a second.
 */
const pressure = 268_435_456
/**
 * Milliseconds without a long line after which a burst is over. Not measured: any pause, because no request waits for
 * it.
 */
const pause = 1000

/** The methods that ES2024 adds to an ArrayBuffer, which the compiler's library does not know. */
interface Transferable extends ArrayBuffer {
  transfer(size: number): ArrayBuffer
}

let bytes = 0
let isWaiting = false
let isGoingOn = false

const look = (): void => {
  if (isGoingOn) return wait()
  isWaiting = false
  bytes = 0
  try {
    const reserved = new ArrayBuffer(pressure) as Transferable
    reserved.transfer(0)
  } catch {
    // the address space is limited: the arrays wait for the next collection
  }
}

const wait = (): void => {
  isGoingOn = false
  // it waits for a collection, which no program sees: it must not hold up a test clock
  // @effect-diagnostics-next-line globalTimers:off
  const timer: unknown = setTimeout(look, pause)
  // in browsers it is a number
  if (typeof timer === "object") (timer as { unref?: () => void }).unref?.()
}

/** Counts bytes of a long line in an array that will soon be dead, or that were dropped. */
export const reclaim = (size: number): void => {
  bytes += size
  isGoingOn = true
  if (isWaiting || bytes < burst) return
  isWaiting = true
  wait()
}
