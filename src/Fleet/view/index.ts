/**
 * The whole fleet as one site, at any of its runners.
 *
 * @since 0.1.0
 */
export { type LinkOptions, linkOptions } from "./linkOptions.ts"
export { makeView } from "./makeView.ts"
export type { ViewDirectory, ViewOptions, ViewRunner } from "./options.ts"
