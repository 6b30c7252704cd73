/**
 * A site of many devices, served as one KATCP device.
 *
 * @since 0.1.0
 */
export { layer, ProxyCheck } from "./layer.ts"
export { type ProxyOptions, ProxyRefused } from "./options.ts"
export { type Refusal, refusalOf } from "./refusal.ts"
export type { Rewrite, SensorRule } from "./SensorRule.ts"
export { optionsOf, ProxySection, protocolOf } from "./section.ts"
