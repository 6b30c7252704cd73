/** Changes to some modules for bundling the command, in parts (`bundle.ts`) or as one file (`executable.ts`). */
import { existsSync } from "node:fs"
import * as path from "node:path"
import type { Plugin } from "rolldown"

/** A part of a module that is replaced when the command is bundled. */
export interface Replaced {
  readonly file: RegExp
  readonly early: string
  readonly instead: string
}

/**
 * Values that are created at load time, seldom needed, and take a tenth of a command's start-up time: created on demand
 * instead.
 */
const late: ReadonlyArray<Replaced> = [
  {
    file: /effect\/dist\/cli\/CliOutput\.js$/,
    early: 'new Intl.Segmenter(undefined, {\n  granularity: "grapheme"\n})',
    instead: '{ segment: (text) => new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text) }'
  },
  {
    file: /platform-node-shared\/dist\/NodeFileSystem\.js$/,
    early: 'import * as Crypto from "node:crypto";',
    instead: 'const Crypto = { randomBytes: (size) => process.getBuiltinModule("node:crypto").randomBytes(size) };'
  }
]

/** The PostgreSQL driver, which a program that uses the library installs itself, is part of the command. */
const driver = {
  file: /Archive\/node\/postgres\/driver\.ts$/,
  there: existsSync(path.join(import.meta.dirname, "..", "node_modules", "@effect", "sql-pg")),
  within: (code: string) =>
    code
      .replace("import(client)", 'import("@effect/sql-pg/PgClient")')
      .replace("import(types)", 'import("@effect/sql-pg/PgTypes")')
}

/** Replaces parts of some modules, and fails if one no longer has them. */
export const replacing = (parts: ReadonlyArray<Replaced>): Plugin => ({
  name: "replacing",
  transform: (code, id) => {
    const found = parts.filter(({ file }) => file.test(id))
    return found.length === 0
      ? undefined
      : found.reduce((text, { early, instead }) => {
          if (!text.includes(early)) throw new Error(`${id} no longer contains ${early}`)
          return text.replace(early, instead)
        }, code)
  }
})

/** How the command is bundled, in parts or as one file. */
export const commandPlugins: ReadonlyArray<Plugin> = [
  replacing(late),
  {
    name: "driver",
    transform: (code, id) => (driver.there && driver.file.test(id) ? driver.within(code) : undefined)
  }
]

/** Faults of bundling end the build. */
export const onLog = (level: string, log: { readonly message: string }): void => {
  if (level !== "debug" && level !== "info") throw new Error(log.message)
}
