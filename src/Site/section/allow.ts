import * as Schema from "effect/Schema"
import { faultIn } from "../Allow.ts"
import { PatternText } from "./pattern.ts"

/**
 * The Schema of an allow list of a site file: the requests that are passed on to devices, as `device/request`.
 *
 * @category sections
 * @since 0.1.0
 */
export const AllowSection = Schema.Array(
  PatternText("request").check(Schema.makeFilter((text: string) => faultIn(text) ?? true))
).annotate({
  description: "The requests that are passed on to devices: m000/track, */track. Default none."
})
