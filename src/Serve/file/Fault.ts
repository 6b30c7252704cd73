import * as Schema from "effect/Schema"

/**
 * A mistake in a site file: its place, and the expected value.
 *
 * @category errors
 * @since 0.1.0
 */
export const Fault = Schema.Struct({
  /** The path to it: `devices.m000.address`; empty for the whole file. */
  path: Schema.String,
  /** The mistake, and the expected value. Never a value from the environment. */
  message: Schema.String
})

/**
 * One mistake in a site file.
 *
 * @category errors
 * @since 0.1.0
 */
export type Fault = typeof Fault.Type

/** The number of mistakes that are shown; the rest are counted. Not measured: they fit on a screen. */
const shownFaults = 20

/**
 * A site file that cannot be used, with all its mistakes.
 *
 * @category errors
 * @since 0.1.0
 */
export class SiteFileError extends Schema.TaggedError<SiteFileError>("katcp/Serve/SiteFileError")("SiteFileError", {
  /** The name of the file, as it was given. */
  file: Schema.String,
  faults: Schema.Array(Fault)
}) {
  /** One line for each mistake: `site.yaml: devices.m000.address: …`. */
  get lines(): ReadonlyArray<string> {
    const { faults, file } = this
    const lines = faults
      .slice(0, shownFaults)
      .map(({ message, path }) => `${file}: ${path === "" ? "" : `${path}: `}${message}`)
    return faults.length > shownFaults ? [...lines, `${file}: and ${faults.length - shownFaults} more mistakes`] : lines
  }

  override get message(): string {
    return this.lines.join("\n")
  }
}

/** Formats a path: `devices.m000.sensors[2].match`. */
export const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    ""
  )
