import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Keep } from "./model/Keep.ts"
import type { ArchiveOptions } from "./writer/options.ts"

/** A length of time as text: `7 days`, `12 hours`. */
const Length = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      Option.isSome(Duration.fromInput(text as Duration.Input)) || "expected a length of time, like 7 days or 12 hours"
  )
)
/** A size: `20 GB`, `500 MiB`, or bytes. */
const Size = Schema.Union([
  Schema.Finite,
  Schema.String.check(
    Schema.makeFilter(
      (text: string) => Option.isSome(ByteSize.fromString(text)) || "expected a size, like 20 GB or 500 MiB"
    )
  )
])

/**
 * The section `archive` of a site file, as a Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ArchiveSection = Schema.Struct({
  /** `sqlite:FILE`, relative to the working directory, or `postgres://USER@HOST/DATABASE`. */
  store: Schema.String,
  /** Retention: `raw: 7 days`, `minute: 1000 days`, `bytes: 20 GB`. Default: forever. */
  keep: Schema.optionalKey(
    Schema.Struct({
      raw: Schema.optionalKey(Length),
      minute: Schema.optionalKey(Length),
      bytes: Schema.optionalKey(Size)
    })
  ),
  /** Patterns of the archived sensors. Default: all of the site. */
  sensors: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The shortest interval of writing to the store: `200 ms`. */
  every: Schema.optionalKey(Length),
  /** The size of readings that wait in memory while the store is not writable. Default 64 MiB. */
  buffer: Schema.optionalKey(Size),
  /**
   * The folder for waiting readings when memory is full, relative to the working directory, and its largest size, 1 GiB
   * by default. Without it, readings that do not fit into memory are lost and counted.
   */
  spill: Schema.optionalKey(
    Schema.Union([Schema.String, Schema.Struct({ folder: Schema.String, bytes: Schema.optionalKey(Size) })])
  )
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
  ...(keep === undefined ? {} : { keep: keep as Keep }),
  ...(sensors === undefined ? {} : { sensors }),
  ...(every === undefined ? {} : { every: every as Duration.Input })
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
