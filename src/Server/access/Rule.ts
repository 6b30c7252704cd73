import * as Schema from "effect/Schema"
import { Role } from "../../Interface/index.ts"

/** One text, or several of which one must fit. */
const OneOrMore = Schema.Union([Schema.String, Schema.Array(Schema.String)])

const Holder = Schema.Struct({
  /** Attributes of the subject by their short names: `{ CN: "operator", O: "Observatory" }`. All must be there. */
  subject: Schema.optional(Schema.Record(Schema.String, OneOrMore)),
  /**
   * An alternative name with its type: `DNS:control.example`, `email:ops@example.org`, `URI:spiffe://site/ops/*`. `*`
   * stands for any characters. Upper and lower case are the same, except in URIs.
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
   * The listener by which the client came in: `unix` for any Unix socket, the path of one, a port, an address, or both:
   * `/run/dish.sock`, `7147`, `10.0.0.1`, `127.0.0.1:7147`, `[::1]:7147`.
   */
  listener: Schema.optional(OneOrMore),
  /** What a verified certificate of the client says; `true`: any. Needs a TLS listener with `ca`. */
  certificate: Schema.optional(Schema.Union([Schema.Literal(true), Holder]))
})

/**
 * A rule of access: the role of the clients that meet all of its conditions. A rule without conditions is for all. Of a
 * condition with several values, one must fit.
 *
 * @category access
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/** What a rule asks of a certificate. */
export type Holder = typeof Holder.Type
