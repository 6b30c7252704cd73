/**
 * Makes the documentation a web site: `npm run docs:build`, in `dist-site`. VitePress makes the pages of docs/, README.md, CONTRIBUTING.md
 * and bench/; TypeDoc makes the API reference of every public path, in `dist-site/api` (`--no-api` leaves it out); `llms.txt` lists the
 * pages for programs that read. Nothing is fetched from another host by a reader. Both tools live in site/, with a TypeScript
 * of their own.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..")
const site = path.join(root, "site")
/** The pages as VitePress reads them. */
const pages = path.join(root, ".cache", "site")
const out = path.join(root, "dist-site")
const at = (...parts: ReadonlyArray<string>) => path.join(root, ...parts)
const { repository, version } = JSON.parse(readFileSync(at("package.json"), "utf8")) as {
  readonly repository: { readonly url: string }
  readonly version: string
}
const source = `${repository.url.replace(/^git\+/, "").replace(/\.git$/, "")}/blob/main`

const sources = ["README.md", "CONTRIBUTING.md", ...globSync(["docs/*.md", "bench/*.md"], { cwd: root })].sort()

/** The path of a page of the repository on the site; undefined for other files. */
const placeOf = (file: string): string | undefined => {
  if (!sources.includes(file)) return undefined
  if (file === "README.md") return "guide.md"
  return file.startsWith("docs/") ? file.slice("docs/".length) : file.toLowerCase()
}

/** The page with its links as the site has them: to pages, to pictures, else to the source. */
const linked = (file: string, text: string): string => {
  const from = path.posix.dirname(file)
  const here = path.posix.dirname(placeOf(file)!)
  return text.replace(/(\]\()([^)\s#]+)(#[^)\s]*)?\)/g, (whole, open: string, link: string, anchor = "") => {
    if (/^[a-z]+:/.test(link)) return whole
    const target = path.posix.normalize(path.posix.join(from, link)).replace(/\/$/, "")
    if (target.startsWith("docs/images/")) return `${open}${relative(here, target.slice("docs/".length))}${anchor})`
    const place = placeOf(target) ?? placeOf(`${target}/README.md`)
    return `${open}${place === undefined ? `${source}/${target}` : relative(here, place)}${anchor})`
  })
}
const relative = (from: string, to: string): string => {
  const found = path.posix.relative(from, to)
  return found.startsWith(".") ? found : `./${found}`
}

/** Placeholders like `<name>` outside code are text, pictures for light and dark are elements. */
const textual = (text: string): string =>
  text
    .split(/(^```[\s\S]*?^```$|`[^`\n]*`|<!--[\s\S]*?-->)/m)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/<(?!\/?(?:picture|source|img)\b)(?=[A-Za-z/])/g, "&lt;")
            .replace(/(src(?:set)?=")images\//g, "$1/images/")
    )
    .join("")

const titleOf = (text: string): string => /^# (.*)$/m.exec(text)?.[1] ?? "katcp"
const firstSentence = (text: string): string =>
  /^[A-Za-z`*[][^\n]*(?:\n[^\n]+)*/m
    .exec(text.replace(/^# .*$/m, ""))?.[0]
    .replace(/\s+/g, " ")
    .split(/(?<=\.) /)[0] ?? ""

rmSync(pages, { recursive: true, force: true })
mkdirSync(pages, { recursive: true })
const index: Array<string> = [
  `# katcp ${version}`,
  "",
  "> KATCP for TypeScript, on Effect: device servers, clients, sites of many devices.",
  ""
]
for (const file of sources) {
  const text = readFileSync(at(file), "utf8")
  const place = placeOf(file)!
  const target = path.join(pages, place)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, textual(linked(file, text)))
  index.push(`- [${titleOf(text)}](/${place}): ${firstSentence(text)}`)
}
cpSync(at("docs", "images"), path.join(pages, "images"), { recursive: true })
cpSync(at("docs", "images"), path.join(pages, "public", "images"), { recursive: true })
cpSync(path.join(site, "home.md"), path.join(pages, "index.md"))
mkdirSync(path.join(pages, "public"), { recursive: true })
writeFileSync(path.join(pages, "public", "llms.txt"), `${index.join("\n")}\n`)
cpSync(path.join(site, "config.ts"), path.join(pages, ".vitepress", "config.ts"))

if (!existsSync(path.join(site, "node_modules", "vitepress")))
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: site, stdio: "inherit" })
const tool = (words: ReadonlyArray<string>) => execFileSync(process.execPath, words, { cwd: root, stdio: "inherit" })
// it looks for its packages from the pages upwards
const modules = path.join(pages, "node_modules")
cpSync(path.join(site, "package.json"), path.join(pages, "package.json"))
rmSync(modules, { recursive: true, force: true })
execFileSync("ln", ["-s", path.join(site, "node_modules"), modules])
rmSync(out, { recursive: true, force: true })
tool([path.join(site, "node_modules", "vitepress", "bin", "vitepress.js"), "build", pages, "--outDir", out])
if (!process.argv.includes("--no-api")) {
  const { files } = JSON.parse(readFileSync(at("tsconfig.build.json"), "utf8")) as {
    readonly files: ReadonlyArray<string>
  }
  tool([
    path.join(site, "node_modules", "typedoc", "bin", "typedoc"),
    "--tsconfig",
    at("tsconfig.build.json"),
    ...files.flatMap((file) => ["--entryPoints", file]),
    "--readme",
    "none",
    "--name",
    `katcp ${version}`,
    "--excludeInternal",
    "--excludeExternals",
    "--logLevel",
    "Error",
    "--out",
    path.join(out, "api")
  ])
}
console.log(out)
