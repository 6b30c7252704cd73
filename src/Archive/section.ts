import * as ByteSize from "effect/ByteSize"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { millisecondsOf, PositiveSpan, Span } from "../Site/index.ts"
import { faultOf, type Keep } from "./model/Keep.ts"
import { isStore } from "./model/storeAddress.ts"
import { matcherOf } from "./select.ts"
import type { ArchiveOptions } from "./writer/options.ts"

/** A size: `20 GB`, `500 MiB`, or bytes. */
const Size = Schema.Union([Schema.Number, Schema.String]).check(
  Schema.makeFilter(
    (size: string | number) => bytesOf(size) !== undefined || "expected a size: bytes, or text like 20 GB or 500 MiB",
    { description: "A size: bytes, or text with a unit, like 20 GB or 500 MiB." }
  )
)

const bytesOf = (size: string | number): number | undefined => {
  const bytes = typeof size === "number" ? size : Option.getOrUndefined(ByteSize.fromString(size))
  const count = bytes === undefined || typeof bytes === "number" ? bytes : ByteSize.toNumberUnsafe(bytes)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

const Retention = Schema.Struct({
  raw: Schema.optionalKey(Span),
  minute: Schema.optionalKey(Span),
  bytes: Schema.optionalKey(Size)
}).check(
  Schema.makeFilter((keep: Retained) => {
    const fault = faultOf({
      raw: microsOf(keep.raw),
      minute: microsOf(keep.minute),
      bytes: keep.bytes === undefined ? Number.POSITIVE_INFINITY : (bytesOf(keep.bytes) ?? 0)
    })
    return fault === undefined || { path: [fault.key], issue: `keep.${fault.key} ${fault.message}` }
  })
)

interface Retained {
  readonly raw?: string | number
  readonly minute?: string | number
  readonly bytes?: string | number
}

const microsOf = (span: string | number | undefined): number =>
  span === undefined ? Number.POSITIVE_INFINITY : (millisecondsOf(span) ?? 0) * 1000

const Patterns = Schema.Array(Schema.String).check(
  Schema.makeFilter((patterns: ReadonlyArray<string>) => {
    const matcher = matcherOf(patterns)
    return Result.isSuccess(matcher) || matcher.failure.message
  })
)

const Place = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      isStore(text) || "expected the address of an archive: sqlite:FILE or postgres://USER@HOST/DATABASE"
  )
)

const Folder = Schema.String.check(
  Schema.makeFilter((text: string) => text !== "" || "expected a folder, like site.spill")
)

/**
 * The section `archive` of a site file, as a Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ArchiveSection = Schema.Struct({
  /** `sqlite:FILE`, relative to the working directory, or `postgres://USER@HOST/DATABASE`. */
  store: Place,
  /** Retention: `raw: 7 days`, `minute: 1000 days`, `bytes: 20 GB`. Default: forever. */
  keep: Schema.optionalKey(Retention),
  /** Patterns of the archived sensors. Default: all of the site. */
  sensors: Schema.optionalKey(Patterns),
  /** The shortest interval of writing to the store: `200 ms`. */
  every: Schema.optionalKey(PositiveSpan),
  /** The size of readings that wait in memory while the store is not writable. Default 64 MiB. */
  buffer: Schema.optionalKey(Size),
  /**
   * The folder for waiting readings when memory is full, relative to the working directory, and its largest size, 1 GiB
   * by default. Without it, readings that do not fit into memory are lost and counted.
   */
  spill: Schema.optionalKey(Schema.Union([Folder, Schema.Struct({ folder: Folder, bytes: Schema.optionalKey(Size) })]))
})

/**
 * The section `archive` of a site file.
 *
 * @category models
 * @since 0.1.0
 */
export type ArchiveSection = typeof ArchiveSection.Type

/**
 * Returns the options of a section.
 *
 * @category constructors
 * @since 0.1.0
 */
export const optionsOf = ({ buffer, every, keep, sensors }: ArchiveSection): ArchiveOptions => ({
  ...(buffer === undefined ? {} : { buffer: buffer as ByteSize.Input }),
  ...(keep === undefined ? {} : { keep: keepOf(keep) }),
  ...(sensors === undefined ? {} : { sensors }),
  ...(every === undefined ? {} : { every: millisecondsOf(every)! })
})

const keepOf = ({ bytes, minute, raw }: Retained): Keep => ({
  ...(raw === undefined ? {} : { raw: millisecondsOf(raw)! }),
  ...(minute === undefined ? {} : { minute: millisecondsOf(minute)! }),
  ...(bytes === undefined ? {} : { bytes: bytes as ByteSize.Input })
})

/**
 * Returns the folder of the spill of a section, and its size in bytes; `undefined` without a spill.
 *
 * @category getters
 * @since 0.1.0
 */
export const spillOf = ({
  spill
}: ArchiveSection): { readonly folder: string; readonly bytes: ByteSize.Input | undefined } | undefined =>
  spill === undefined
    ? undefined
    : typeof spill === "string"
      ? { folder: spill, bytes: undefined }
      : { folder: spill.folder, bytes: spill.bytes as ByteSize.Input | undefined }
