import { encodeText } from "../../Message/index.ts"
import type { Fpg } from "./Fpg.ts"
import { origins } from "./origins.ts"

const letters: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  " ": "\\_",
  "\0": "\\0",
  "\n": "\\n",
  "\r": "\\r",
  "\u001b": "\\e",
  "\t": "\\t"
}

const escape = (field: string): string =>
  field === "" ? "\\@" : field.replace(/[\\ \0\n\r\u001b\t]/g, (character) => letters[character]!)

const place = (bytes: number, bits: number): string => `0x${bytes.toString(16)}${bits === 0 ? "" : `:${bits}`}`

/**
 * Writes an `.fpg` file. An unchanged design from `Fpg.parse` is returned byte for byte. Other designs are written with
 * tabs between the fields, and with the bitstream unchanged; `Fpg.parse` returns an equal design.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (design: Fpg): Uint8Array => {
  const origin = design.format === "bof" ? design.bitstream : origins.get(design)
  if (origin !== undefined) return origin
  const lines = ["#!/bin/kcpfpg", "?uploadbin"]
  for (const { address, bit, bits, length, name } of design.registers.values())
    lines.push(["?register", escape(name), place(address, bit), place(length, bits)].join("\t"))
  for (const { device, key, tag, values } of design.meta)
    lines.push(["?meta", ...[device, tag, key, ...values].map(escape)].join("\t"))
  lines.push(...design.others, "?quit", "")
  const header = encodeText(lines.join("\n"))
  const file = new Uint8Array(header.length + design.bitstream.length)
  file.set(header)
  file.set(design.bitstream, header.length)
  return file
}

/** The parts of a design that a program builds. */
interface Parts {
  /** The registers: name to address and length, both in bytes. */
  readonly registers: Readonly<Record<string, { readonly address: number; readonly length: number }>>
  /** The metadata. None by default. */
  readonly meta?: Fpg["meta"] | undefined
  /** The bitstream. By default 256 zeros: a server accepts no upload of less than 128 bytes. */
  readonly bitstream?: Uint8Array | undefined
}

/**
 * Builds a design from its parts, for {@link encode} and for fake boards.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = ({ bitstream = new Uint8Array(256), meta = [], registers }: Parts): Fpg => ({
  format: "fpg",
  registers: new Map(Object.entries(registers).map(([name, at]) => [name, { name, bit: 0, bits: 0, ...at }])),
  meta,
  others: [],
  bitstream,
  compression: bitstream[0] === 0x1f && bitstream[1] === 0x8b ? "gzip" : "none"
})
