import * as Schema from "effect/Schema"
import { errorText } from "../../Message/index.ts"
import { Access } from "../../Server/index.ts"

/**
 * The Schema of the section `access` of a site file: the rules that give those who come in over HTTP without a
 * token their role.
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
      "Who may do what over HTTP without a token: the first rule that a client meets gives its role. Default: this machine admin; all others control if http is insecure, else nothing."
  })

/**
 * The section `access` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type AccessSection = typeof AccessSection.Type
