import * as Schema from "effect/Schema"

/**
 * A register of a design: a part of the FPGA's address space with a name.
 *
 * @category models
 * @since 0.1.0
 */
export interface Register {
  /** The name. It may have any characters, including blanks. */
  readonly name: string
  /** The address of its first byte. */
  readonly address: number
  /** The number of bits between the address and its first bit. 0 for nearly all registers. */
  readonly bit: number
  /** Its size in bytes. */
  readonly length: number
  /** The number of bits beyond `length`. 0 for nearly all registers. */
  readonly bits: number
}

/**
 * A line of metadata about one block of the design.
 *
 * @category models
 * @since 0.1.0
 */
export interface Meta {
  /** The block, with `/` between the levels of the design: `sys0/xeng`. A register of this name has `_` instead. */
  readonly device: string
  /** The kind of the block: `xps:sw_reg`, `xps:bram`, `casper:snapshot`, … */
  readonly tag: string
  /** The key. */
  readonly key: string
  /** The fields of the value. Most values have one. */
  readonly values: ReadonlyArray<string>
}

/**
 * The metadata of one block.
 *
 * @category models
 * @since 0.1.0
 */
export interface Block {
  /** The name in the design. */
  readonly name: string
  /** The kind: the tag of its first line of metadata. */
  readonly tag: string
  /** The metadata by key. Several fields of a value are joined by blanks. */
  readonly meta: ReadonlyMap<string, string>
}

/**
 * A design for an FPGA: the registers, the metadata and the bitstream of an `.fpg` file, or a `.bof` file as a whole.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fpg {
  /** `bof` for a BORPH executable. Only its bytes are read. */
  readonly format: "fpg" | "bof"
  /** The registers by name, in the order of the file. */
  readonly registers: ReadonlyMap<string, Register>
  /** The metadata, line by line. */
  readonly meta: ReadonlyArray<Meta>
  /** Other lines of the header, unchanged: requests that this library does not know, and text. */
  readonly others: ReadonlyArray<string>
  /** The bytes after the header, often compressed: a view of the file, not a copy. The whole file if it is a `.bof`. */
  readonly bitstream: Uint8Array
  /** The compression of the bitstream. */
  readonly compression: "gzip" | "none"
}

/**
 * A file could not be read as a design.
 *
 * @category errors
 * @since 0.1.0
 */
export class FpgError extends Schema.TaggedError<FpgError>("katcp/Casper/FpgError")("FpgError", {
  /** The kind of fault. */
  reason: Schema.Literals([
    "Unreadable",
    "Empty",
    "Compressed",
    "NoHeader",
    "Line",
    "Unfinished",
    "TooLong",
    "Duplicate"
  ]),
  /** The line of the fault, counted from 1; 0 for the file as a whole. */
  line: Schema.Int,
  /** A sentence for people. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.line === 0 ? this.detail : `line ${this.line} of the header: ${this.detail}`
  }
}

/**
 * Returns the blocks of a design by name, each with its metadata. If a key is repeated, the last value counts.
 *
 * @category queries
 * @since 0.1.0
 */
export const blocks = ({ meta }: Pick<Fpg, "meta">): ReadonlyMap<string, Block> => {
  const found = new Map<string, Block & { readonly meta: Map<string, string> }>()
  for (const { device, key, tag, values } of meta) {
    let block = found.get(device)
    if (block === undefined) found.set(device, (block = { name: device, tag, meta: new Map() }))
    block.meta.set(key, values.join(" "))
  }
  return found
}

/**
 * Returns the register name of a block: `/` becomes `_`.
 *
 * @category queries
 * @since 0.1.0
 */
export const registerName = (device: string): string => device.replaceAll("/", "_")

/** The blocks in which the tool chain stores the sources of a design. */
const sourceBlock = /^77777/

/** Keys of git's own configuration, which tool chains copy into designs. */
const gitConfiguration = /^(?:branch|color|core|credential|pull|push|remote|submodule|user)\./

/**
 * Returns the metadata about the sources of a design: files, their revisions in git, and the times of their last
 * changes. The configuration of git, which some tool chains add, is omitted.
 *
 * @category queries
 * @since 0.1.0
 */
export const sources = ({ meta }: Pick<Fpg, "meta">): ReadonlyArray<Meta> =>
  meta.filter(
    ({ device, tag, values }) =>
      (sourceBlock.test(device) || tag === "rcs") && !(values.length === 2 && gitConfiguration.test(values[0]!))
  )
