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
  /** How many bits it has. */
  readonly width: number
  /** How many of the bits are behind the binary point. */
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
  /** Where it begins in the address space of the FPGA, in bytes; undefined if the board does not say. */
  readonly address: number | undefined
  /** Its size in bytes. */
  readonly length: number
  /** Its kind in the design: `xps:sw_reg`, `xps:bram`, …; undefined if the design does not say. */
  readonly tag: string | undefined
  /** Which way it goes: the `io_dir` of the design; undefined if the design does not say. */
  readonly mode: string | undefined
  /** What the design says of it, by key. */
  readonly meta: ReadonlyMap<string, string>
  /** Its fields, by name, where the design names them. */
  readonly fields: ReadonlyMap<string, Field>
}

/** The fields of a place or size as `?listdev` writes it, `16384:0`: the bytes. */
const bytesOf = (place: string | undefined): number | undefined => {
  const text = /^(0x[0-9a-f]+|\d+)(?::\d+)?$/i.exec(place ?? "")?.[1]
  return text === undefined ? undefined : Number(text)
}

/** The registers out of what a board lists. */
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

/** The items of a list of a design: `[1 2 3]`, `1 2 3` or `1`. */
const items = (text: string | undefined): ReadonlyArray<string> =>
  (text ?? "")
    .replace(/[[\](){}]/g, " ")
    .split(/[\s,]+/)
    .filter((item) => item !== "")

/**
 * The fields of a software register, as the design describes them: lists of names, widths, binary points and types (0
 * unsigned, 1 signed, 2 boolean). The first field has the highest bits. One value stands for all.
 */
const fieldsOf = (meta: ReadonlyMap<string, string>): ReadonlyMap<string, Field> => {
  const names = items(meta.get("names") ?? meta.get("name"))
  const widths = items(meta.get("bitwidths")).map(Number)
  const points = items(meta.get("bin_pts")).map(Number)
  const types = items(meta.get("arith_types"))
  const at = <A>(list: ReadonlyArray<A>, index: number, otherwise: A): A =>
    list[list.length === 1 ? 0 : index] ?? otherwise
  const fields: Array<readonly [string, Field]> = []
  let lowest = 0
  for (let index = names.length - 1; index >= 0; index--) {
    const name = names[index]!
    const width = at(widths, index, names.length === 1 ? 32 : Number.NaN)
    if (!(width >= 1) || lowest + width > 32) return new Map()
    const signed = at(types, index, "0") === "1"
    fields.push([name, { name, lowest, width, binaryPoint: at(points, index, 0), signed }])
    lowest += width
  }
  return new Map(fields.reverse())
}
