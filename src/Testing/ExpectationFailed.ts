import * as Schema from "effect/Schema"

/**
 * Something is not as a test expects it. Test runners show `expected` and `actual` side by side; what stood on the wire
 * is shown as it stood there.
 *
 * @category errors
 * @since 0.1.0
 */
export class ExpectationFailed extends Schema.TaggedError<ExpectationFailed>("katcp/Testing/ExpectationFailed")(
  "ExpectationFailed",
  {
    /** What was looked at: `?track`, `sensor azimuth`. */
    what: Schema.String,
    /** What it should be. */
    expected: Schema.String,
    /** What it is. */
    actual: Schema.String
  }
) {
  override get message(): string {
    return `${this.what}\n  expected: ${indented(this.expected)}\n  actual:   ${indented(this.actual)}`
  }
}

const indented = (text: string): string => text.replaceAll("\n", "\n            ")
