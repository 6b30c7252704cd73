/**
 * Builds the JavaScript of the library: a file for each entry point of package.json, and files for shared parts. The
 * sources have hundreds of files, and each file that a program loads costs 0.4 ms and 100 KB (measured: a server starts
 * in 290 ms of CPU time with 10 files, 360 ms with 315). Types remain one file for each source.
 */
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { rolldown } from "rolldown"

const at = (...parts: ReadonlyArray<string>) => path.join(import.meta.dirname, "..", ...parts)

/** Programs of threads, whose files are found by name. */
const workers = ["Archive/node/sqlite/worker"]

/** Returns the entry points without their suffix: `index`, `Client/index`, … */
const entries = (): ReadonlyArray<string> => {
  const { exports } = JSON.parse(readFileSync(at("package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  }
  return Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [] : [entry.default.replace(/^\.\/dist\//, "").replace(/\.js$/, "")]
  )
}

/** Writes the library into a folder, with source maps that contain the sources. */
export const library = async (folder: string): Promise<void> => {
  const bundled = await rolldown({
    input: Object.fromEntries([...entries(), ...workers].map((name) => [name, at("src", `${name}.ts`)])),
    platform: "node",
    // only our own files are bundled
    external: (id) => !id.startsWith(".") && !path.isAbsolute(id),
    onLog: (level, log) => {
      if (level !== "debug" && level !== "info") throw new Error(log.message)
    }
  })
  await bundled.write({
    dir: folder,
    format: "esm",
    sourcemap: true,
    comments: { legal: true, annotation: true, jsdoc: false },
    entryFileNames: "[name].js",
    // next to the root entry, where `Client/requests/CallSite` looks for frames of this library
    chunkFileNames: "shared-[name]-[hash].js"
  })
  for (const name of globSync("**/*.js", { cwd: folder })) escapeLetters(path.join(folder, name))
}

/**
 * Writes letters beyond Latin-1 as escapes. They occur only in texts, and a single one doubles the memory of its file:
 * V8 then keeps the whole source in two bytes a letter.
 */
const escapeLetters = (file: string): void => {
  const code = readFileSync(file, "utf8")
  const escaped = code.replace(/[^\x00-\xff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)
  if (escaped === code) return
  if (code.includes("String.raw")) throw new Error(`${file}: an escape in String.raw is not an escape`)
  writeFileSync(file, escaped)
}

const importOf = /(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g

/** Removes the types that no entry point reaches: those of internal files. */
export const removeHiddenTypes = (folder: string): void => {
  const reached = new Set<string>()
  const walk = (file: string): void => {
    if (reached.has(file) || !existsSync(file)) return
    reached.add(file)
    for (const [, to] of readFileSync(file, "utf8").matchAll(importOf))
      walk(path.join(path.dirname(file), to!.replace(/\.[jt]s$/, ".d.ts")))
  }
  for (const entry of entries()) walk(path.join(folder, `${entry}.d.ts`))
  for (const name of globSync("**/*.d.ts", { cwd: folder })) {
    const file = path.join(folder, name)
    if (!reached.has(file)) rmSync(file)
  }
}
