/**
 * A site of many devices, served as one KATCP device.
 *
 * @since 0.1.0
 */
export * as Proxy from "./Proxy.ts"
