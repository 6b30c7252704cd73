/**
 * KATCP for TypeScript, on Effect: messages, codecs, sensors, contracts, device servers and clients. What runs on Node
 * is reached by `katcp/Node`, what tests use by `katcp/Testing`.
 *
 * @since 0.1.0
 */
export * as Client from "./Client/index.ts"
export * as Codec from "./Codec/index.ts"
export { Arg } from "./Codec/index.ts"
export * as Interface from "./Interface/index.ts"
export { Request } from "./Interface/index.ts"
export * as Message from "./Message/index.ts"
export { KatcpError, KatcpSyntaxError, RequestFailed, RequestInvalid } from "./Message/index.ts"
export * as Sampling from "./Sampling/index.ts"
export * as Sensor from "./Sensor/index.ts"
export * as Server from "./Server/index.ts"
