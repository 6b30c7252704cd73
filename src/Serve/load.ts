/** All that a site file says, ready to be applied. */
import * as Effect from "effect/Effect"
import type { Selection } from "../Site/index.ts"
import { devicesOf, type FileDevice, selectionOf } from "./devices.ts"
import type { SiteFileError } from "./file/Fault.ts"
import { parseSite, textOf } from "./file/load.ts"
import type { SiteFile } from "./sections.ts"

/** A site file, with the files that it names read. */
export interface Loaded {
  readonly text: string
  readonly data: SiteFile
  readonly devices: ReadonlyMap<string, FileDevice>
  readonly selection: Selection.Selection
}

/** Reads a site file and the files that it names. Fails with all that is wrong with them; nothing is applied. */
export const load = (file: string): Effect.Effect<Loaded, SiteFileError> =>
  Effect.gen(function* () {
    const text = yield* textOf(file)
    const data = yield* Effect.fromResult(parseSite(file, text))
    return { text, data, devices: yield* devicesOf(file, data), selection: yield* selectionOf(file, data) }
  })
