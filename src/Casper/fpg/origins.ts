import type { Fpg } from "./Fpg.ts"

/** The original files of parsed designs. A changed copy of a design is another object, without an original. */
export const origins = new WeakMap<Fpg, Uint8Array>()
