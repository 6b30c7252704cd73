import * as Schema from "effect/Schema"
import { type Allow, faultIn, namelessIn, only, withholding } from "../Allow.ts"
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

/**
 * The Schema of the requests of a site file whose arguments records must not show, as `device/request`.
 *
 * @category sections
 * @since 0.1.0
 */
export const WithholdSection = Schema.Array(
  PatternText("request").check(Schema.makeFilter((text: string) => namelessIn(text) ?? true))
).annotate({
  description: "The requests whose arguments no record shows, such as passwords: */set-password. Default none."
})

/**
 * Returns the allow list of the sections `allow` and `withhold`.
 *
 * @category sections
 * @since 0.1.0
 */
export const allowOf = (section: {
  readonly allow?: ReadonlyArray<string> | undefined
  readonly withhold?: ReadonlyArray<string> | undefined
}): Allow => withholding(only(...(section.allow ?? [])), ...(section.withhold ?? []))
