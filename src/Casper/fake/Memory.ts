/** The memory of a fake FPGA: 4 GiB of zeros. Only written pages use memory. */

/**
 * Bytes of a page of memory. Not measured: pages are created when they are written, so a page bounds the zeros around a
 * register.
 */
const pageSize = 65536

export class Memory {
  private readonly pages = new Map<number, Uint8Array>()

  read(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const at = address + done
      const offset = at % pageSize
      const size = Math.min(length - done, pageSize - offset)
      const page = this.pages.get(Math.floor(at / pageSize))
      if (page !== undefined) out.set(page.subarray(offset, offset + size), done)
      done += size
    }
    return out
  }

  write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = address + done
      const offset = at % pageSize
      const size = Math.min(bytes.length - done, pageSize - offset)
      const number = Math.floor(at / pageSize)
      let page = this.pages.get(number)
      if (page === undefined) this.pages.set(number, (page = new Uint8Array(pageSize)))
      page.set(bytes.subarray(done, done + size), offset)
      done += size
    }
  }

  clear(): void {
    this.pages.clear()
  }

  /** Returns a number of bits from a bit on, the highest bit of a byte first. The last byte is padded with zeros. */
  readBits(address: number, bit: number, bits: number): Uint8Array {
    if (bit % 8 === 0 && bits % 8 === 0) return this.read(address + bit / 8, bits / 8)
    const first = Math.floor(bit / 8)
    const source = this.read(address + first, Math.ceil((bit + bits) / 8) - first)
    const out = new Uint8Array(Math.ceil(bits / 8))
    copyBits(source, bit % 8, out, 0, bits)
    return out
  }

  writeBits(address: number, bit: number, bits: number, bytes: Uint8Array): void {
    if (bit % 8 === 0 && bits % 8 === 0) return this.write(address + bit / 8, bytes.subarray(0, bits / 8))
    const first = Math.floor(bit / 8)
    const target = this.read(address + first, Math.ceil((bit + bits) / 8) - first)
    copyBits(bytes, 0, target, bit % 8, bits)
    this.write(address + first, target)
  }
}

const copyBits = (source: Uint8Array, from: number, target: Uint8Array, to: number, bits: number): void => {
  for (let at = 0; at < bits; at++) {
    const value = (source[(from + at) >> 3]! >> (7 - ((from + at) & 7))) & 1
    const mask = 0x80 >> ((to + at) & 7)
    const place = (to + at) >> 3
    target[place] = value === 1 ? target[place]! | mask : target[place]! & ~mask
  }
}
