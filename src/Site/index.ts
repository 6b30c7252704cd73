/**
 * Many devices by name.
 *
 * @since 0.1.0
 */
export * as DeviceAddress from "./DeviceAddress.ts"
export * as Target from "./Target.ts"
