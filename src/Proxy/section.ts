import * as Schema from "effect/Schema"
import { Protocol } from "../Message/index.ts"
import {
  AccessSection,
  AllowSection,
  allowOf,
  isLoopback,
  Listen,
  PatternText,
  placeToListen,
  Version,
  versionText,
  WithholdSection
} from "../Site/index.ts"
import type { ProxyOptions } from "./options.ts"

const ClientVersion = Version(
  (text) => protocolOf(text) !== undefined,
  "4.0, 5.0 or 5.1",
  "The version for clients: 4.0, 5.0 or 5.1. Default 5.1."
)

/**
 * Returns the protocol of a version in text form, with all flags that a proxy has in it; `undefined` for an unknown
 * version.
 */
export const protocolOf = (text: string): Protocol | undefined => {
  const parsed = Protocol.parse(/^\d+$/.test(text) ? `${text}.${text === "5" ? 1 : 0}` : text)
  if (parsed._tag === "None") return undefined
  const { flags, major, minor } = parsed.value
  if (major !== 4 && major !== 5) return undefined
  const all = major === 4 ? ["M"] : minor === 0 ? ["I", "M"] : ["B", "I", "M", "T"]
  return Protocol.make(major, minor, flags.length > 0 ? flags : all)
}

const Rule = Schema.Struct({
  match: PatternText("sensor"),
  as: Schema.optional(Schema.Union([Schema.String, Schema.Array(Schema.String), Schema.Literal(false)])).annotate({
    description: "The name on the proxy, or several, with {device} and {sensor}; false omits the sensors."
  }),
  doc: Schema.optional(Schema.String).annotate({ description: "Another description." }),
  units: Schema.optional(Schema.String).annotate({ description: "Other units. Values do not change." })
})

/**
 * The Schema of the section `proxy` of a site file: the site as one KATCP device.
 *
 * @category sections
 * @since 0.1.0
 */
export const ProxySection = Schema.Struct({
  listen: Listen("127.0.0.1:7148"),
  name: Schema.optional(Schema.String.annotate({ description: "The name of the device. Default proxy." })),
  id: Schema.optional(Schema.String.annotate({ description: "The id to detect loops of proxies. Default: random." })),
  protocol: Schema.optional(ClientVersion),
  allow: Schema.optional(AllowSection),
  withhold: Schema.optional(WithholdSection),
  sensors: Schema.optional(
    Schema.Array(Rule).annotate({ description: "Names of sensors: the first matching rule decides." })
  ),
  transparent: Schema.optional(
    Schema.String.annotate({ description: "The only device of the site, whose names stay the same." })
  ),
  access: Schema.optional(AccessSection).annotate({
    description: "Roles over KATCP. Default: admin for this machine, control for all others."
  }),
  insecure: Schema.optional(
    Schema.Boolean.annotate({
      description: "Required to listen on another address than loopback without access rules."
    })
  )
}).check(
  Schema.makeFilter(
    (section: {
      readonly listen: string | number
      readonly access?: unknown
      readonly insecure?: boolean | undefined
    }) => {
      const { host } = placeToListen(section.listen) ?? { host: "127.0.0.1" }
      return (
        section.insecure === true ||
        section.access !== undefined ||
        isLoopback(host) || {
          path: ["listen"],
          issue: `${host} can be reached from other machines; set roles with access, or write insecure: true beside it, or listen at 127.0.0.1`
        }
      )
    }
  )
)

/**
 * The section `proxy` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type ProxySection = typeof ProxySection.Type

/** Returns the options of a section. */
export const optionsOf = (section: ProxySection): ProxyOptions => {
  const { access, id, name, protocol, sensors, transparent } = section
  return {
    name,
    id,
    transparent,
    requests: allowOf(section),
    sensors: sensors?.map(({ as, doc, match, units }) => ({ match, as, rewrite: () => ({ doc, units }) })),
    server: { access, ...(protocol === undefined ? {} : { protocol: protocolOf(versionText(protocol)) }) }
  }
}
