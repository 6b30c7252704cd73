import * as Schema from "effect/Schema"
import { Role } from "../../Interface/index.ts"

/** One text, or a list of texts from which one must match. */
const OneOrMore = Schema.Union([Schema.String, Schema.Array(Schema.String)])

const Holder = Schema.Struct({
  /** Attributes of the subject by their short names: `{ CN: "operator", O: "Observatory" }`. All must match. */
  subject: Schema.optional(Schema.Record(Schema.String, OneOrMore)),
  /**
   * An alternative name with its type: `DNS:control.example`, `email:ops@example.org`, `URI:spiffe://site/ops/*`. `*`
   * matches any characters. Case matters in URIs only.
   */
  altName: Schema.optional(OneOrMore),
  /** The SHA-256 fingerprint in hexadecimal digits, with or without colons. */
  fingerprint: Schema.optional(OneOrMore)
})

/**
 * The Schema of a rule of access, for rules that come from a file. Decode with `onExcessProperty: "error"`.
 *
 * @category access
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  /** The role of clients that meet all conditions of this rule. */
  role: Role,
  /** The network of the client: `10.0.0.0/8`, `10.1.2.3`, `fd00::/8`. */
  network: Schema.optional(OneOrMore),
  /**
   * The listener that the client connected to: `unix` for any Unix socket, the path of one, a port, an address, or
   * both: `/run/dish.sock`, `7147`, `10.0.0.1`, `127.0.0.1:7147`, `[::1]:7147`.
   */
  listener: Schema.optional(OneOrMore),
  /** Conditions on the client's verified certificate; `true` for any certificate. Needs a TLS listener with `ca`. */
  certificate: Schema.optional(Schema.Union([Schema.Literal(true), Holder]))
})

/**
 * An access rule: the role of the clients that match all of its conditions. A rule without conditions matches all
 * clients. If a condition has several values, one must match.
 *
 * @category access
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/** The conditions on a certificate. */
export type Holder = typeof Holder.Type
