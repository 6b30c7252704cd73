/**
 * The part of a site that needs Node: dialling devices, and the HTTP listener.
 *
 * @since 0.1.0
 */
export { type Credentials, dial } from "./dial.ts"
export type { HttpOptions } from "./HttpOptions.ts"
export type { JwtOptions } from "./jwt.ts"
export { listenHttp } from "./listenHttp.ts"
export { speaksHttp } from "./speaksHttp.ts"
export { speaksTls } from "./speaksTls.ts"
export { addToken, readTokens, revokeToken, type TokenLine } from "./tokenFile.ts"
