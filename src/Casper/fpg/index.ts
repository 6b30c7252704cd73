/**
 * The files that program FPGAs: `.fpg` and `.bof`. Pure functions over bytes.
 *
 * @since 0.1.0
 */
export { encode, make } from "./encode.ts"
export { type Block, blocks, type Fpg, FpgError, type Meta, type Register, registerName, sources } from "./Fpg.ts"
export { defaultMaxHeader, parse } from "./parse.ts"
