/**
 * Builds the files of the dashboard's page: a script, a style sheet, a page, and the licences of the packages in the
 * script. The page loads nothing from other hosts, and has no inline scripts or styles. Fails if the files exceed the
 * size limit in all.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

const at = (...parts: ReadonlyArray<string>) => path.join(import.meta.dirname, "..", ...parts)
const source = (file: string) => at("src", "Dashboard", "page", file)

/** Given by the requirement: bytes of all files, each compressed with gzip. */
const largest = 90 * 1024
/** The packages in the script. */
const packages = ["preact", "@preact/signals", "@preact/signals-core", "uplot"]

/** Writes the page into a folder. Returns the compressed size of each file. */
export const dashboard = async (folder: string): Promise<ReadonlyMap<string, number>> => {
  mkdirSync(folder, { recursive: true })
  const found = new Set<string>()
  const bundled = await rolldown({
    input: source("main.tsx"),
    platform: "browser",
    transform: { jsx: { runtime: "automatic", importSource: "preact" }, target: "es2022" },
    tsconfig: false,
    // package.json declares that no module of the library has side effects; some modules of the page have
    treeshake: { moduleSideEffects: () => true },
    plugins: [
      {
        name: "packages",
        transform: (_, id) => {
          const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id) ?? []
          if (name !== undefined) found.add(name)
        }
      }
    ],
    onLog: (level, log) => {
      if (level !== "debug" && level !== "info") throw new Error(log.message)
    }
  })
  await bundled.write({ dir: folder, format: "esm", minify: true, entryFileNames: "page.js" })
  const others = [...found].filter((name) => !packages.includes(name))
  if (others.length > 0) throw new Error(`the page holds packages whose licences are not shipped: ${others.join(", ")}`)
  const style = `${readFileSync(at("node_modules", "uplot", "dist", "uPlot.min.css"), "utf8")}\n${readFileSync(source("style.css"), "utf8")}`
  writeFileSync(path.join(folder, "style.css"), smaller(style))
  for (const file of ["index.html", "icon.svg"]) cpSync(source(file), path.join(folder, file))
  writeFileSync(path.join(folder, "licences.txt"), packages.map(licenceOf).join("\n\n"))
  const sizes = new Map(
    ["index.html", "page.js", "style.css", "icon.svg", "licences.txt"].map((file) => [
      file,
      gzipSync(readFileSync(path.join(folder, file)), { level: 9 }).length
    ])
  )
  const sum = [...sizes.values()].reduce((one, other) => one + other, 0)
  if (sum > largest) throw new Error(`the page has ${sum} bytes with gzip, more than ${largest}`)
  return sizes
}

/** Removes comments and indentation of a style sheet. */
const smaller = (style: string): string =>
  style
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\n\s+/g, "\n")
    .replace(/\n+/g, "\n")

const licenceOf = (name: string): string => {
  const { version } = JSON.parse(readFileSync(at("node_modules", name, "package.json"), "utf8")) as {
    readonly version: string
  }
  return `${name} ${version}\n\n${readFileSync(at("node_modules", name, "LICENSE"), "utf8").trim()}\n`
}

if (process.argv[1] === import.meta.filename) {
  const sizes = await dashboard(at("dist", "page"))
  for (const [file, size] of sizes) console.log(`${file} ${size}`)
  console.log(`${[...sizes.values()].reduce((one, other) => one + other, 0)} bytes with gzip, at most ${largest}`)
}
