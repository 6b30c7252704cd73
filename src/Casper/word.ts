import { Arg } from "../Codec/index.ts"

const pattern = /^(?:0x[0-9a-f]{1,8}|-?\d{1,10})$/i

/**
 * A word of 32 bits in tcpborphserver's form: `0xdeadbeef`. Decodes hexadecimal and decimal numbers; negative numbers
 * are two's complement.
 */
export const Word: Arg.Arg<number> = Arg.make<number>({
  name: "word",
  initial: 0,
  decode: (bytes, start, end) => {
    const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 12)))
    const value = pattern.test(text) ? Number(text) : Number.NaN
    return value >= -0x80000000 && value <= 0xffffffff
      ? value >>> 0
      : new Arg.Invalid(`expected a word of 32 bits like 0x1f or 31, got ${JSON.stringify(text)}`)
  },
  encode: (value) =>
    Number.isInteger(value) && value >= -0x80000000 && value <= 0xffffffff
      ? `0x${(value >>> 0).toString(16)}`
      : new Arg.Invalid(`expected a whole number of 32 bits, got ${value}`)
})
