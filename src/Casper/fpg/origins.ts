import type { Fpg } from "./Fpg.ts"

/** The files that designs were read from. A changed copy of a design is another object, and has none. */
export const origins = new WeakMap<Fpg, Uint8Array>()
