/** Snapshot blocks: a memory that the FPGA fills once when it is told to. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Core } from "./Core.ts"
import { type BoardError, DoesNotFit } from "./errors.ts"
import { read, readWords, writeWords } from "./memory.ts"

/**
 * How a snapshot is taken.
 *
 * @category models
 * @since 0.1.0
 */
export interface SnapshotOptions {
  /** `true` triggers at once, and does not wait for the trigger of the design. Default false. */
  readonly trigger?: boolean | undefined
  /** `true` takes a sample at each clock, valid or not. Default false. */
  readonly everySample?: boolean | undefined
  /** `true` fills the memory round and round until the trigger comes. Default false. */
  readonly circular?: boolean | undefined
  /** How long the block may take to fill. Default 1 second. */
  readonly timeout?: Duration.Input | undefined
}

/** How often the status is read while the block fills. */
const poll = "10 millis"

/** Arms the block, waits until it is full, and reads what it holds. */
export const snapshot = Effect.fnUntraced(function* (
  core: Core,
  name: string,
  options: SnapshotOptions = {}
): Effect.fn.Return<Uint8Array, BoardError> {
  const registers = yield* core.registers
  const prefix = [name, `${name}_ss`].find((one) => registers.has(`${one}_ctrl`) && registers.has(`${one}_bram`))
  const misfit = (detail: string) => new DoesNotFit({ host: core.options.text, register: name, detail })
  if (prefix === undefined)
    return yield* misfit(`no snapshot block: there are no registers ${name}_ctrl and ${name}_bram, nor ${name}_ss_ctrl`)
  const status = [`${prefix}_status`, `${prefix}_addr`].find((one) => registers.has(one))
  if (status === undefined) return yield* misfit(`no snapshot block: there is no register ${prefix}_status`)
  const { circular = false, everySample = false, timeout = "1 second", trigger = false } = options
  const control = (trigger ? 2 : 0) + (everySample ? 4 : 0) + (circular ? 8 : 0)
  // the block is armed when the lowest bit rises
  yield* writeWords(core, `${prefix}_ctrl`, [control])
  yield* writeWords(core, `${prefix}_ctrl`, [control + 1])
  const full = Effect.gen(function* () {
    for (;;) {
      const [value] = yield* readWords(core, status, { word: 0, count: 1 })
      // the highest bit is set while the block fills
      if (value! >>> 31 === 0 && value !== 0) return value!
      yield* Effect.sleep(poll)
    }
  })
  const filled = yield* Effect.timeoutOrElse(full, {
    duration: timeout,
    orElse: () =>
      Effect.fail(
        misfit(
          `the block was not full within ${Duration.format(Duration.fromInputUnsafe(timeout))}; was it triggered? The option trigger does so at once`
        )
      )
  })
  const size = registers.get(`${prefix}_bram`)!.length
  return yield* read(core, `${prefix}_bram`, { offset: 0, length: Math.min(filled & 0x7fffffff, size) })
})
