import { allocate } from "./bytes.ts"

/** The beginning of a line whose end has not come yet. Grows by doubling, so that small chunks of a long line cost little. */
export class Remainder {
  private bytes: Uint8Array | undefined = undefined
  /** How many bytes there are. */
  size = 0

  add(bytes: Uint8Array, start: number, end: number): void {
    const size = this.size + end - start
    if (this.bytes === undefined || size > this.bytes.length) {
      const grown = allocate(this.bytes === undefined ? size : Math.max(size, this.bytes.length * 2))
      if (this.size > 0) grown.set(this.bytes!.subarray(0, this.size))
      this.bytes = grown
    }
    this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.size)
    this.size = size
  }

  /** All bytes, to be kept by the caller; nothing remains. */
  take(): Uint8Array {
    const all = this.bytes === undefined ? new Uint8Array(0) : this.bytes.subarray(0, this.size)
    this.bytes = undefined
    this.size = 0
    return all
  }
}
