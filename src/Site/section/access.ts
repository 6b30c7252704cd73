import * as Schema from "effect/Schema"
import { errorText } from "../../Message/index.ts"
import { Access } from "../../Server/index.ts"

/**
 * The Schema of the section `access` of a site file: the rules for the roles of HTTP clients without a token.
 *
 * @category sections
 * @since 0.1.0
 */
export const AccessSection = Schema.Array(Access.Rule)
  .check(
    Schema.makeFilter((rules: ReadonlyArray<Access.Rule>) => {
      for (const [index, rule] of rules.entries())
        try {
          Access.make([rule])
        } catch (error) {
          return { path: [index], issue: errorText(error).replace(/^access rule 1: /, "") }
        }
      return true
    })
  )
  .annotate({
    description:
      "Roles over HTTP without a token: the first rule that matches a client gives its role. Default: admin for this machine; control for all others if http is insecure, else no access."
  })

/**
 * The section `access` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type AccessSection = typeof AccessSection.Type
