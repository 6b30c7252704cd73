import * as Schema from "effect/Schema"

/**
 * The section `archive` of a site file, as a Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ArchiveSection = Schema.Struct({
  /** `sqlite:FILE`, relative to the site file, or `postgres://USER@HOST/DATABASE`. */
  store: Schema.String,
  /** How long data are kept: `raw: 7 days`, `minute: 1000 days`, `bytes: 20 GB`. Default: for ever. */
  keep: Schema.optionalKey(
    Schema.Struct({
      raw: Schema.optionalKey(Schema.String),
      minute: Schema.optionalKey(Schema.String),
      bytes: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite]))
    })
  ),
  /** Patterns of the sensors that are kept. Default: all that the site mirrors. */
  sensors: Schema.optionalKey(Schema.Array(Schema.String)),
  /** How often readings go to the store, at most: `200 ms`. */
  every: Schema.optionalKey(Schema.String)
})

/**
 * The section `archive` of a site file.
 *
 * @category models
 * @since 0.1.0
 */
export type ArchiveSection = typeof ArchiveSection.Type
