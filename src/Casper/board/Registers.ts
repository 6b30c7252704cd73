import { type Meta, registerName } from "../fpg/Fpg.ts"

/**
 * A part of a register: some of its bits, with a type.
 *
 * @category models
 * @since 0.1.0
 */
export interface Field {
  /** The name of the field. */
  readonly name: string
  /** The lowest bit, counted from 0 at the low end of the word. */
  readonly lowest: number
  /** The number of bits. */
  readonly width: number
  /** The number of bits after the binary point. */
  readonly binaryPoint: number
  /** `true` if it is in two's complement. */
  readonly signed: boolean
}

/**
 * A register of a board.
 *
 * @category models
 * @since 0.1.0
 */
export interface BoardRegister {
  /** The name. */
  readonly name: string
  /** The address of its first byte in the FPGA; `undefined` if the board does not provide it. */
  readonly address: number | undefined
  /** Its size in bytes. */
  readonly length: number
  /** The kind of its block in the design: `xps:sw_reg`, `xps:bram`, …; undefined if the design has no metadata for it. */
  readonly tag: string | undefined
  /**
   * The direction, `io_dir` in the design: `To Processor` or `From Processor`; `undefined` if the design does not have
   * it.
   */
  readonly mode: string | undefined
  /** The metadata of the design, by key. */
  readonly meta: ReadonlyMap<string, string>
  /** The fields by name. Empty if the design has no names for fields. */
  readonly fields: ReadonlyMap<string, Field>
}

/** Returns the bytes of a place or size in `?listdev`, `16384:0`. */
const bytesOf = (place: string | undefined): number | undefined => {
  const text = /^(0x[0-9a-f]+|\d+)(?::\d+)?$/i.exec(place ?? "")?.[1]
  return text === undefined ? undefined : Number(text)
}

/** Builds the registers from a board's lists. */
export const assemble = (
  sizes: ReadonlyArray<{ readonly name: string; readonly place?: string | undefined }>,
  addresses: ReadonlyArray<{ readonly name: string; readonly place?: string | undefined }>,
  meta: ReadonlyArray<Meta>
): ReadonlyMap<string, BoardRegister> => {
  const places = new Map(addresses.map(({ name, place }) => [name, bytesOf(place)]))
  const said = new Map<string, { readonly tag: string; readonly meta: Map<string, string> }>()
  for (const { device, key, tag, values } of meta) {
    const name = registerName(device)
    let block = said.get(name)
    if (block === undefined) said.set(name, (block = { tag, meta: new Map() }))
    block.meta.set(key, values.join(" "))
  }
  return new Map(
    sizes.map(({ name, place }) => {
      const block = said.get(registerName(name))
      const register: BoardRegister = {
        name,
        address: places.get(name),
        length: bytesOf(place) ?? 4,
        tag: block?.tag,
        mode: block?.meta.get("io_dir"),
        meta: block?.meta ?? new Map(),
        fields: block === undefined ? new Map() : fieldsOf(block.meta)
      }
      return [name, register]
    })
  )
}

/** Returns the items of a list of a design: `[1 2 3]`, `1 2 3`, `1, 2, 3` or `1`. */
const items = (text: string | undefined): ReadonlyArray<string> =>
  (text ?? "")
    .replace(/[[\](){}]/g, " ")
    .split(/[\s,]+/)
    .filter((item) => item !== "")

/** The description of one field in a design. */
interface Described {
  readonly name: string
  readonly width: number
  readonly binaryPoint: number
  readonly signed: boolean
}

/**
 * Returns the fields of a software register. The first named field has the highest bits, and the last one begins at bit
 * 0, for any sum of the widths (`swreg_init.m` of CASPER's mlib_devel, commit a557a844; `register.py` of casperfpga,
 * commit eac2d462). A design whose description is incomplete or exceeds 32 bits has no fields.
 */
const fieldsOf = (meta: ReadonlyMap<string, string>): ReadonlyMap<string, Field> => {
  const described = meta.has("names") ? inLists(meta) : numbered(meta)
  const fields: Array<readonly [string, Field]> = []
  let lowest = 0
  for (const { binaryPoint, name, signed, width } of described.toReversed()) {
    if (!(Number.isInteger(width) && width >= 1 && lowest + width <= 32 && Number.isInteger(binaryPoint)))
      return new Map()
    fields.push([name, { name, lowest, width, binaryPoint, signed }])
    lowest += width
  }
  return new Map(fields.reverse())
}

/**
 * Parses the current form: lists of names, widths, binary points and types (0 unsigned, 1 signed, 2 boolean). A single
 * value applies to all fields.
 */
const inLists = (meta: ReadonlyMap<string, string>): ReadonlyArray<Described> => {
  const names = items(meta.get("names"))
  const listOf = (key: string, otherwise: number): ReadonlyArray<number> => {
    const list = items(meta.get(key)).map(Number)
    if (list.length === names.length) return list
    return names.map(() => (list.length === 1 ? list[0]! : list.length === 0 ? otherwise : Number.NaN))
  }
  const widths = listOf("bitwidths", names.length === 1 ? 32 : Number.NaN)
  const points = listOf("bin_pts", 0)
  const types = listOf("arith_types", 0)
  return types.includes(Number.NaN)
    ? []
    : names.map((name, at) => ({ name, width: widths[at]!, binaryPoint: points[at]!, signed: types[at] === 1 }))
}

/** Parses an older form: `numios` fields, each with its own keys, `name1`, `bitwidth1`, `bin_pt1` and `arith_type1`. */
const numbered = (meta: ReadonlyMap<string, string>): ReadonlyArray<Described> =>
  Array.from({ length: Math.min(32, Number(meta.get("numios") ?? 0) || 0) }, (_, at) => {
    const said = (key: string) => meta.get(`${key}${at + 1}`)
    const type = said("arith_type") ?? "Unsigned"
    return {
      name: said("name") ?? `${at + 1}`,
      width: Number(said("bitwidth")),
      binaryPoint: Number(said("bin_pt") ?? 0),
      signed: type !== "Unsigned" && type !== "Boolean"
    }
  })
