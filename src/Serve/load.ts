/** Loads everything that a site file configures, ready to be applied. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Selection } from "../Site/index.ts"
import { devicesOf, type FileDevice } from "./devices.ts"
import type { Changes } from "./file/Changes.ts"
import type { SiteFileError } from "./file/Fault.ts"
import { parseSite, textOf } from "./file/load.ts"
import { parse } from "./file/parse.ts"
import { selectionOf } from "./rules.ts"
import type { SiteFile } from "./sections.ts"

/** A site file, with all files that it refers to. */
export interface Loaded {
  /** The name of the file. Paths in it are relative to it. */
  readonly file: string
  readonly text: string
  readonly data: SiteFile
  /** The devices as written in the file, with their references to variables of the environment. */
  readonly written: Readonly<Record<string, unknown>>
  readonly devices: ReadonlyMap<string, FileDevice>
  readonly selection: Selection.Selection
}

/** Reads a site file and the files that it refers to. Fails with all mistakes, and applies nothing. */
export const load = (file: string, changes: Changes = {}): Effect.Effect<Loaded, SiteFileError> =>
  Effect.gen(function* () {
    const text = yield* textOf(file)
    const data = yield* Effect.fromResult(parseSite(file, text, process.env, changes))
    const written = Result.getOrElse(parse(file, text), () => ({ devices: {} })).devices as Loaded["written"]
    const devices = yield* devicesOf(file, data, written)
    return { file, text, data, written, devices, selection: yield* selectionOf(file, data) }
  })
