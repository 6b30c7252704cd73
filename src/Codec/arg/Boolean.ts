import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Arg } from "./Arg.ts"
import { expected, expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { textSchema } from "./textSchema.ts"

const boolean: Arg<boolean> = make({
  name: "boolean",
  sensorType: "boolean",
  initial: false,
  description: { kind: "boolean" },
  decode: (bytes, start, end) => {
    const byte = end - start === 1 ? bytes[start] : undefined
    if (byte === 0x31) return true
    return byte === 0x30 ? false : expected("0 or 1", bytes, start, end)
  },
  encode: (value) => (typeof value === "boolean" ? (value ? "1" : "0") : expectedValue("true or false", value)),
  accepts: (value) => typeof value === "boolean",
  equals: (one, other) => one === other,
  schema: () =>
    textSchema.pipe(
      Schema.decodeTo(Schema.Literals(["0", "1"])),
      Schema.decodeTo(
        Schema.Boolean,
        SchemaTransformation.transform({ decode: (text) => text === "1", encode: (value) => (value ? "1" : "0") })
      )
    )
})

export {
  /**
   * A boolean: exactly `1` or `0` (Rev 5.1 §3).
   *
   * @category types
   * @since 0.1.0
   */
  boolean as Boolean
}
