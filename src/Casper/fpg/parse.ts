import * as Result from "effect/Result"
import { decodeText } from "../../Message/index.ts"
import { type Fpg, FpgError, type Meta, type Register } from "./Fpg.ts"
import { origins } from "./origins.ts"

/**
 * The default of the longest header: 16 MiB. Headers of real designs have some hundred kilobytes. / Not measured: some
 * 50 times as much, against files that are not designs.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxHeader = 16777216

/** Given by ASCII: the byte that ends a line. */
const newline = 10
/** Characters that text cannot have. */
const control = /[\0-\x08\x0a-\x1f\x7f]/
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  _: " ",
  0: "\0",
  n: "\n",
  r: "\r",
  e: "\u001b",
  t: "\t",
  "@": ""
}

/**
 * Returns a field without its escapes. A backslash before any other letter stays, because the tool chain does not
 * escape it.
 */
const unescape = (field: string): string =>
  field.includes("\\") ? field.replace(/\\([\\_0nret@])/g, (_, letter: string) => escapes[letter]!) : field

/**
 * Returns the fields after the name of a request. A tab after the name means that tabs separate the fields, which may
 * then have blanks. Old tool chains wrote blanks instead.
 */
const fieldsOf = (rest: string): ReadonlyArray<string> => {
  const fields = rest.startsWith("\t") ? rest.slice(1).split("\t") : rest.trim().split(/[ \t]+/)
  let end = fields.length
  while (end > 0 && fields[end - 1]!.trim() === "") end--
  return fields.slice(0, end).map(unescape)
}

/** Parses a place or a size: whole bytes, decimal or hexadecimal, and bits after a colon. */
const placeOf = (text: string): readonly [bytes: number, bits: number] | undefined => {
  const match = /^(0x[0-9a-f]+|\d+)(?::(\d+))?$/i.exec(text)
  if (match === null) return undefined
  const bytes = Number(match[1])
  const bits = Number(match[2] ?? 0)
  return Number.isSafeInteger(bytes) && Number.isSafeInteger(bits) ? [bytes, bits] : undefined
}

const registerOf = (fields: ReadonlyArray<string>): Register | string => {
  const [name = "", at = "", size = ""] = fields
  if (name === "" || fields.length < 3) return "?register needs a name, an address and a length"
  const place = placeOf(at)
  if (place === undefined) return `${JSON.stringify(at)} is not an address for ${name}: expected 0x1000 or 4096`
  const length = placeOf(size)
  if (length === undefined) return `${JSON.stringify(size)} is not a length for ${name}: expected 0x4 or 4`
  return { name, address: place[0], bit: place[1], length: length[0], bits: length[1] }
}

const metaOf = (fields: ReadonlyArray<string>): Meta | string => {
  const [device = "", tag = "", key = "", ...values] = fields
  return device === "" || tag === "" || key === ""
    ? "?meta needs a block, a kind and a key"
    : { device, tag, key, values }
}

const same = (one: Register, other: Register): boolean =>
  one.address === other.address && one.bit === other.bit && one.length === other.length && one.bits === other.bits

const startsWith = (bytes: Uint8Array, ...start: ReadonlyArray<number>): boolean =>
  start.every((byte, at) => bytes[at] === byte)

/**
 * Parses an `.fpg` file: the header of text, then the bitstream, which is neither copied nor read. Fields are separated
 * by tabs or, from old tool chains, by blanks; `\_` and the other escapes of KATCP are decoded. The first line
 * `#!/bin/kcpfpg` is optional. Lines of text that are not requests are kept in `others`: a tool chain of 2017 left its
 * own error messages in the headers of designs, and casperfpga ignores them. A `.bof` file is recognised, and returned
 * as a whole.
 *
 * The bytes must not be changed afterwards: the design refers to them.
 *
 * Fails with {@link FpgError} for a file that is neither, a line that is not text, and a malformed register or
 * metadata. Also fails for two different registers of one name, and for a header that does not end within `maxHeader`
 * bytes, default 16 MiB.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import { Fpg } from "katcp/Casper"
 *
 * const file = new TextEncoder().encode("#!/bin/kcpfpg\n?register\tacc_len\t0x100\t0x4\n?quit\n")
 * const design = Result.getOrThrow(Fpg.parse(file))
 * design.registers.get("acc_len")?.address // 256
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (
  bytes: Uint8Array,
  options?: {
    /** The longest header in bytes. Default {@link defaultMaxHeader}. */
    readonly maxHeader?: number | undefined
  }
): Result.Result<Fpg, FpgError> => {
  const bad = (reason: FpgError["reason"], detail: string, line = 0) =>
    Result.fail(new FpgError({ reason, line, detail }))
  if (bytes.length === 0) return bad("Empty", "the file is empty")
  if (startsWith(bytes, 0x19, 0x42, 0x4f, 0x46)) return Result.succeed(bof(bytes))
  if (startsWith(bytes, 0x1f, 0x8b))
    return bad("Compressed", "the file is compressed as a whole: decompress it (gunzip), then read it")
  if (!startsWith(bytes, 0x23) && !startsWith(bytes, 0x3f))
    return bad("NoHeader", "not an .fpg or .bof file: it does not begin with #!/bin/kcpfpg or a request")
  const registers = new Map<string, Register>()
  const meta: Array<Meta> = []
  const others: Array<string> = []
  const limit = options?.maxHeader ?? defaultMaxHeader
  for (let at = 0, line = 1; at < bytes.length; line++) {
    const found = bytes.indexOf(newline, at)
    const end = found === -1 ? bytes.length : found
    if (end > limit) return bad("TooLong", `the header does not end within ${limit} bytes`, line)
    const text = decodeText(bytes.subarray(at, end > at && bytes[end - 1] === 13 ? end - 1 : end))
    at = end + 1
    const name = /^\?([A-Za-z][A-Za-z0-9-]*)(?=$|[ \t])/.exec(text)?.[1]
    const fields = name === undefined ? [] : fieldsOf(text.slice(name.length + 1))
    switch (name) {
      case undefined:
        if (text === "" || text.startsWith("#")) continue
        // a bitstream, or a file of another kind
        if (control.test(text))
          return bad("Line", `${JSON.stringify(text.slice(0, 40))} is not a request of an .fpg file`, line)
        others.push(text)
        continue
      case "quit": {
        const bitstream = bytes.subarray(Math.min(at, bytes.length))
        const compression = startsWith(bitstream, 0x1f, 0x8b) ? "gzip" : "none"
        const design: Fpg = { format: "fpg", registers, meta, others, bitstream, compression }
        origins.set(design, bytes)
        return Result.succeed(design)
      }
      case "uploadbin":
        continue
      case "register": {
        const register = registerOf(fields)
        if (typeof register === "string") return bad("Line", register, line)
        const before = registers.get(register.name)
        if (before !== undefined && !same(before, register))
          return bad("Duplicate", `the register ${register.name} is defined a second time, at another place`, line)
        registers.set(register.name, register)
        continue
      }
      case "meta": {
        const entry = metaOf(fields)
        if (typeof entry === "string") return bad("Line", entry, line)
        meta.push(entry)
        continue
      }
      default:
        others.push(text)
    }
  }
  return bad("Unfinished", "the header has no end: ?quit is missing. Was the file cut short?")
}

const bof = (bytes: Uint8Array): Fpg => ({
  format: "bof",
  registers: new Map(),
  meta: [],
  others: [],
  bitstream: bytes,
  compression: "none"
})
