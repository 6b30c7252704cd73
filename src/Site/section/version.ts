import * as Schema from "effect/Schema"

/**
 * Returns the text of a protocol version in a site file. YAML, TOML and JSON read 4.0 and 5.1 without quotes as numbers,
 * and 4.0 as 4.
 *
 * @category sections
 * @since 0.1.0
 */
export const versionText = (version: string | number): string =>
  typeof version === "number" && Number.isInteger(version) ? `${version}.0` : String(version)

/**
 * The Schema of a protocol version in a site file: text, or a number. {@link versionText} reads it. `isKnown` decides for
 * the text, and `expected` lists the valid versions for errors. The number 5 is refused, because it may be 5.0 or stand
 * for any 5.
 *
 * @category sections
 * @since 0.1.0
 */
export const Version = (
  isKnown: (text: string) => boolean,
  expected: string,
  description: string
): Schema.Union<readonly [Schema.Number, Schema.String]> =>
  Schema.Union([Schema.Number, Schema.String]).check(
    Schema.makeFilter(
      (version: string | number) =>
        version === 5
          ? 'the number 5 can be 5.0 or any other 5: write "5.0" or "5.1", in quotes'
          : isKnown(versionText(version)) || `expected a version of the protocol: ${expected}`,
      { description }
    )
  )
