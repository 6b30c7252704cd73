import * as Schema from "effect/Schema"

/**
 * A register of a design: a part of the FPGA's address space with a name.
 *
 * @category models
 * @since 0.1.0
 */
export interface Register {
  /** The name. It may have any characters, blanks among them. */
  readonly name: string
  /** Where it begins, in bytes. */
  readonly address: number
  /** How many bits behind that byte it begins. 0 for nearly all. */
  readonly bit: number
  /** Its size in bytes. */
  readonly length: number
  /** How many bits longer it is. 0 for nearly all. */
  readonly bits: number
}

/**
 * A line of metadata: what the design says of one of its blocks.
 *
 * @category models
 * @since 0.1.0
 */
export interface Meta {
  /** The block, with `/` between the levels of the design: `sys0/xeng`. A register of this name has `_` instead. */
  readonly device: string
  /** The kind of the block: `xps:sw_reg`, `xps:bram`, `casper:snapshot`, … */
  readonly tag: string
  /** What is said. */
  readonly key: string
  /** The value; some have several fields. */
  readonly values: ReadonlyArray<string>
}

/**
 * The metadata of one block.
 *
 * @category models
 * @since 0.1.0
 */
export interface Block {
  /** Its name in the design. */
  readonly name: string
  /** Its kind: the tag of its first line. */
  readonly tag: string
  /** What the design says of it, by key. Several fields are joined by blanks. */
  readonly meta: ReadonlyMap<string, string>
}

/**
 * A design for an FPGA: the registers, the metadata and the bitstream of an `.fpg` file, or a `.bof` file as a whole.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fpg {
  /** `bof` for a BORPH executable, of which nothing but the bytes is read. */
  readonly format: "fpg" | "bof"
  /** The registers by name, in the order of the file. */
  readonly registers: ReadonlyMap<string, Register>
  /** The metadata, line by line. */
  readonly meta: ReadonlyArray<Meta>
  /** Other lines of the header, as they are: requests that this library does not know, and text. */
  readonly others: ReadonlyArray<string>
  /** The bytes behind the header, often compressed: a view of the file, not a copy. The whole file if it is a `.bof`. */
  readonly bitstream: Uint8Array
  /** How the bitstream is compressed. */
  readonly compression: "gzip" | "none"
}

/**
 * A file that is no `.fpg` and no `.bof`.
 *
 * @category errors
 * @since 0.1.0
 */
export class FpgError extends Schema.TaggedError<FpgError>("katcp/Casper/FpgError")("FpgError", {
  /** What is wrong. */
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
  /** The line at fault, counted from 1; 0 for the file as a whole. */
  line: Schema.Int,
  /** What is wrong, for people. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.line === 0 ? this.detail : `line ${this.line} of the header: ${this.detail}`
  }
}

/**
 * The blocks of a design by their names, each with its metadata. A key that stands twice has its last value.
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
 * The name of the register that belongs to a block: `/` becomes `_`.
 *
 * @category queries
 * @since 0.1.0
 */
export const registerName = (device: string): string => device.replaceAll("/", "_")

/** The blocks in which the tool chain keeps what it knows of the sources of a design. */
const sourceBlock = /^77777/

/** Keys of git's own configuration, which tool chains copy into designs. */
const gitConfiguration = /^(?:branch|color|core|credential|pull|push|remote|submodule|user)\./

/**
 * What the design says of its sources: the files, their revisions in git, and when they were changed. The configuration of git, which
 * some tool chains add, is left out.
 *
 * @category queries
 * @since 0.1.0
 */
export const sources = ({ meta }: Pick<Fpg, "meta">): ReadonlyArray<Meta> =>
  meta.filter(
    ({ device, tag, values }) =>
      (sourceBlock.test(device) || tag === "rcs") && !(values.length === 2 && gitConfiguration.test(values[0]!))
  )
