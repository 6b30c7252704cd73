import * as Schema from "effect/Schema"

/**
 * A test's expectation failed. Test runners show `expected` and `actual` side by side, with messages in their wire
 * form.
 *
 * @category errors
 * @since 0.1.0
 */
export class ExpectationFailed extends Schema.TaggedError<ExpectationFailed>("katcp/Testing/ExpectationFailed")(
  "ExpectationFailed",
  {
    /** The subject: `?track`, `sensor azimuth`. */
    what: Schema.String,
    /** The expected state. */
    expected: Schema.String,
    /** The actual state. */
    actual: Schema.String
  }
) {
  override get message(): string {
    return `${this.what}\n  expected: ${indented(this.expected)}\n  actual:   ${indented(this.actual)}`
  }
}

const indented = (text: string): string => text.replaceAll("\n", "\n            ")
