import * as Schema from "effect/Schema"
import { errorText } from "../../Message/index.ts"
import { patternOf } from "../Pattern.ts"

/**
 * The Schema of a pattern of a site file: `device/name`, with `*` and `?` for any text, or a regular expression. `name`
 * is the kind of the second part.
 *
 * @category sections
 * @since 0.1.0
 */
export const PatternText = (name: "sensor" | "request"): Schema.String =>
  Schema.String.check(
    Schema.makeFilter(
      (text: string) => {
        try {
          patternOf(text)
          return true
        } catch (error) {
          return errorText(error)
        }
      },
      { description: `device/${name} with * and ? for any text, or a regular expression (/…/).` }
    )
  )
