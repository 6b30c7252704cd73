/**
 * Snapshot blocks: a memory that the FPGA fills once on request. A block is a group of registers.
 *
 * `NAME_ctrl`: bit 0 arms the block when it rises, bit 1 triggers at once, bit 2 takes every sample, bit 3 fills the
 * memory cyclically. `NAME_status`: bit 31 is set while the block fills, and the other bits are the number of bytes in
 * `NAME_bram`. `NAME_trig_offset`: the number of samples between the trigger and the first sample, in blocks built with
 * it. Sources: `snap.py` of casperfpga (commit eac2d462) and `Snapshot.rst` in the documentation of CASPER's mlib_devel
 * (commit a557a844).
 *
 * The older block, `Snap.rst` of the same documentation, has `NAME_addr` instead of the status: the last written word.
 * It is full at the last word of the memory.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Core } from "./Core.ts"
import { type BoardError, DoesNotFit } from "./errors.ts"
import { read, readWords, writeWords } from "./memory.ts"

/**
 * The options of a snapshot.
 *
 * @category models
 * @since 0.1.0
 */
export interface SnapshotOptions {
  /** `true` triggers at once, without waiting for the trigger of the design. Default `false`. */
  readonly trigger?: boolean | undefined
  /** `true` takes a sample at each clock, valid or not. Default `false`. */
  readonly everySample?: boolean | undefined
  /** `true` fills the memory cyclically until the trigger. Default `false`. */
  readonly circular?: boolean | undefined
  /** The number of samples between the trigger and the first sample of the snapshot. By default the block keeps its setting. */
  readonly offset?: number | undefined
  /** The time in which the block must be full. Default 1 second. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * The time between two reads of the status while the block fills. Not measured: a capture takes a second or so, and
 * 100 requests a second are little for a board.
 */
const poll = "10 millis"

/** Arms the block, waits until it is full, and reads its memory. */
export const snapshot = Effect.fnUntraced(function* (
  core: Core,
  name: string,
  options: SnapshotOptions = {}
): Effect.fn.Return<Uint8Array, BoardError> {
  const registers = yield* core.registers
  const prefix = [name, `${name}_ss`].find((one) => registers.has(`${one}_ctrl`) && registers.has(`${one}_bram`))
  const invalidAccess = (detail: string) => new DoesNotFit({ host: core.options.text, register: name, detail })
  if (prefix === undefined)
    return yield* invalidAccess(
      `no snapshot block: there are no registers ${name}_ctrl and ${name}_bram, nor ${name}_ss_ctrl`
    )
  const size = registers.get(`${prefix}_bram`)!.length
  const status = [`${prefix}_status`, `${prefix}_addr`].find((one) => registers.has(one))
  if (status === undefined) return yield* invalidAccess(`no snapshot block: there is no register ${prefix}_status`)
  /** Returns the number of bytes in the memory; `undefined` while it fills. */
  const filledBy = (value: number): number | undefined => {
    if (status.endsWith("_addr")) return (value + 1) * 4 >= size ? size : undefined
    return value >>> 31 === 1 || value === 0 ? undefined : Math.min(value, size)
  }
  const { circular = false, everySample = false, offset, timeout = "1 second", trigger = false } = options
  if (offset !== undefined) yield* writeWords(core, `${prefix}_trig_offset`, [offset])
  const control = (trigger ? 2 : 0) + (everySample ? 4 : 0) + (circular ? 8 : 0)
  // the block is armed when the lowest bit rises
  yield* writeWords(core, `${prefix}_ctrl`, [control])
  yield* writeWords(core, `${prefix}_ctrl`, [control + 1])
  const full = Effect.gen(function* () {
    for (;;) {
      const [value] = yield* readWords(core, status, { word: 0, count: 1 })
      const bytes = filledBy(value!)
      if (bytes !== undefined) return bytes
      yield* Effect.sleep(poll)
    }
  })
  const filled = yield* Effect.timeoutOrElse(full, {
    duration: timeout,
    orElse: () =>
      Effect.fail(
        invalidAccess(
          `the block was not full within ${Duration.format(Duration.fromInputUnsafe(timeout))}; was it triggered? The option trigger does so at once`
        )
      )
  })
  return yield* read(core, `${prefix}_bram`, { offset: 0, length: filled })
})
