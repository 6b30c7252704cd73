/**
 * Makes the command one executable file, for machines without Node: `npm run build:executable [FILE]`, `dist-executable/katcp` by
 * default. It is a single executable application of the Node that runs this script, for its platform: a copy of Node with the
 * command, its texts, the dashboard's page and the program of the archive's threads as assets.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { rolldown } from "rolldown"
import { commandPlugins, onLog, type Replaced, replacing } from "./commandPlugins.ts"

const root = path.join(import.meta.dirname, "..")
const dist = path.join(root, "dist")
const target = path.resolve(process.argv[2] ?? path.join(root, "dist-executable", "katcp"))

const asset = (name: string) => `process.getBuiltinModule("node:sea").getAsset(${name}`

/** The files that the command reads are assets of the executable. */
const assets: ReadonlyArray<Replaced> = [
  {
    file: /Cli\/bin\.ts$/,
    early: 'readFileSync(new URL(file, import.meta.url), "utf8")',
    instead: `${asset("file")}, "utf8")`
  },
  {
    file: /Dashboard\/node\/pageFiles\.ts$/,
    early: "readFileSync(new URL(file, from))",
    instead: `Buffer.from(${asset(`\`page/\${file}\``)}))`
  },
  {
    file: /Dashboard\/node\/pageFiles\.ts$/,
    early: '.find((url) => existsSync(new URL("page.js", url)))',
    instead: "[0]"
  },
  {
    file: /sqlite\/workerUrl\.ts$/,
    early: ".find((url) => existsSync(url))",
    instead: `.map(() => new URL("data:text/javascript;base64," + Buffer.from(${asset('"archive-worker.js"')})).toString("base64")))[0]`
  }
]

const bundled = async (input: string, file: string): Promise<void> => {
  const made = await rolldown({
    input,
    platform: "node",
    external: [/^node:/],
    plugins: [replacing(assets), ...commandPlugins],
    onLog
  })
  await made.write({ file, format: "esm", minify: true, codeSplitting: false })
}

const folder = mkdtempSync(path.join(tmpdir(), "katcp-executable-"))
try {
  const [main, worker] = [path.join(folder, "katcp.mjs"), path.join(folder, "archive-worker.js")]
  await bundled(path.join(root, "src", "Cli", "bin.ts"), main)
  await bundled(path.join(root, "src", "Archive", "node", "sqlite", "worker.ts"), worker)
  const page = path.join(dist, "page")
  const config = path.join(folder, "sea.json")
  writeFileSync(
    config,
    JSON.stringify({
      main,
      mainFormat: "module",
      output: target,
      disableExperimentalSEAWarning: true,
      assets: {
        "help.json": path.join(dist, "bin", "help.json"),
        "completions.json": path.join(dist, "bin", "completions.json"),
        "archive-worker.js": worker,
        ...Object.fromEntries(readdirSync(page).map((name) => [`page/${name}`, path.join(page, name)]))
      }
    })
  )
  mkdirSync(path.dirname(target), { recursive: true })
  execFileSync(process.execPath, [`--build-sea=${config}`], { stdio: ["ignore", "ignore", "inherit"] })
  console.log(target)
} finally {
  rmSync(folder, { recursive: true })
}
