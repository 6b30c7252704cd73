/**
 * What a site takes of Node: dialling devices.
 *
 * @since 0.1.0
 */
export { type Credentials, dial } from "./dial.ts"
export { speaksTls } from "./speaksTls.ts"
