import * as Schema from "effect/Schema"
import { AllowSection, allowOf, WithholdSection } from "../Site/index.ts"
import type { GatewayOptions } from "./options.ts"

/**
 * The Schema of the section `gateway` of a site file: the site over HTTP and WebSocket, at the listener of the section `http`.
 *
 * @category sections
 * @since 0.1.0
 */
export const GatewaySection = Schema.Struct({
  allow: Schema.optional(AllowSection),
  withhold: Schema.optional(WithholdSection),
  katcp: Schema.optional(
    Schema.Boolean.annotate({ description: "KATCP lines over WebSocket at /katcp/DEVICE, for tools. Default false." })
  )
})

/**
 * The section `gateway` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type GatewaySection = typeof GatewaySection.Type

/**
 * Returns the options of a section.
 *
 * @category sections
 * @since 0.1.0
 */
export const optionsOf = (section: GatewaySection): GatewayOptions => ({
  requests: allowOf(section),
  katcp: section.katcp
})
