/**
 * What the command line is made of.
 *
 * @since 0.1.0
 */
export * as Conform from "./conform/index.ts"
