/**
 * Makes the documentation a web site: `npm run docs:build`, in `dist-site`. VitePress makes the pages of docs/, README.md, CONTRIBUTING.md,
 * CHANGELOG.md and bench/; TypeDoc makes the API reference of every public path, in `dist-site/api` (`--no-api` leaves it out).
 * `llms.txt` lists the pages for programs that read, and each page is there as Markdown too. Nothing is fetched from another host
 * by a reader. The script fails if a link leads nowhere. Both tools live in site/, with a TypeScript of their own.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { groups } from "../site/pages.ts"
import { devicePart, figuresPart } from "./site/home.ts"
import { brokenLinks } from "./site/links.ts"
import { forSite, placeOf, sources } from "./site/pages.ts"

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

/** The first sentence of a page, without links. */
const firstSentence = (text: string): string =>
  /^[A-Za-z`*[][^\n]*(?:\n[^\n]+)*/m
    .exec(text.replace(/^# .*$/m, ""))?.[0]
    .replace(/\s+/g, " ")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .split(/(?<=\.) (?=[A-Z`*])/)[0] ?? ""

rmSync(pages, { recursive: true, force: true })
mkdirSync(path.join(pages, "public"), { recursive: true })
const texts = new Map<string, string>()
/** The pages as Markdown, for programs that read. */
const plain = new Map<string, string>()
for (const file of sources) {
  const text = readFileSync(at(file), "utf8")
  const place = placeOf(file)!
  texts.set(place, text)
  const { markdown, page } = forSite(file, text, source)
  plain.set(place, markdown)
  const target = path.join(pages, place)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, page)
}
const index = [
  `# katcp ${version}`,
  "",
  "> KATCP for TypeScript, on Effect 4: device servers, clients, a command, and proxy, archive, exporters, gateway, dashboard and fleets for",
  "> observatories. KATCP (Karoo Array Telescope Communication Protocol) 5.1, 5.0 and 4.",
  ...groups.flatMap(({ pages, text }) => [
    "",
    `## ${text}`,
    "",
    ...pages.map(([place, name, says]) => {
      const text = texts.get(`${place}.md`)
      if (text === undefined) throw new Error(`site/pages.ts names ${place}, which does not exist`)
      return `- [${name}](/${place}.md): ${says ?? firstSentence(text)}`
    })
  ]),
  "",
  "## API",
  "",
  "- [Reference](/api/index.html): every export of every path of the package, from the doc comments.",
  ""
]
writeFileSync(path.join(pages, "public", "llms.txt"), index.join("\n"))
const listed = new Set(groups.flatMap(({ pages }) => pages.map(([place]) => `${place}.md`)))
const unlisted = [...texts.keys()].filter((place) => !listed.has(place))
if (unlisted.length > 0) throw new Error(`site/pages.ts does not name ${unlisted.join(", ")}`)

for (const folder of [pages, path.join(pages, "public")])
  cpSync(at("docs", "images"), path.join(folder, "images"), { recursive: true })
const home = readFileSync(path.join(site, "home.md"), "utf8")
writeFileSync(
  path.join(pages, "index.md"),
  home
    .replace("<!-- device -->", () => devicePart(texts.get("guide.md")!))
    .replace("<!-- figures -->", () => figuresPart(texts.get("bench/results.md")!))
)
const settings = path.join(pages, ".vitepress")
mkdirSync(settings, { recursive: true })
for (const name of ["config.ts", "pages.ts"]) cpSync(path.join(site, name), path.join(settings, name))
cpSync(path.join(site, "theme"), path.join(settings, "theme"), { recursive: true })

if (!existsSync(path.join(site, "node_modules", "vitepress")))
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: site, stdio: "inherit" })
const tool = (words: ReadonlyArray<string>) => execFileSync(process.execPath, words, { cwd: root, stdio: "inherit" })
// it looks for its packages and for a tsconfig from the pages upwards
writeFileSync(path.join(pages, "tsconfig.json"), "{}\n")
cpSync(path.join(site, "package.json"), path.join(pages, "package.json"))
symlinkSync(path.join(site, "node_modules"), path.join(pages, "node_modules"))
rmSync(out, { recursive: true, force: true })
tool([path.join(site, "node_modules", "vitepress", "bin", "vitepress.js"), "build", pages, "--outDir", out])
for (const [place, text] of plain) writeFileSync(path.join(out, place), text)
const hasApi = !process.argv.includes("--no-api")
if (hasApi) {
  const { files } = JSON.parse(readFileSync(at("tsconfig.build.json"), "utf8")) as {
    readonly files: ReadonlyArray<string>
  }
  tool([
    path.join(site, "node_modules", "typedoc", "bin", "typedoc"),
    ...["--options", path.join(site, "typedoc.json"), "--tsconfig", at("tsconfig.build.json")],
    ...files.flatMap((file) => ["--entryPoints", file]),
    ...["--disableGit", "--basePath", root, "--sourceLinkTemplate", `${source}/{path}#L{line}`],
    ...["--name", `katcp ${version}`, "--out", path.join(out, "api")]
  ])
}
const broken = brokenLinks(out, hasApi ? [] : ["/api/"])
for (const link of broken) console.error(link)
console.log(`site: ${globSync("**/*.html", { cwd: out }).length} pages in ${out}, ${broken.length} broken links`)
if (broken.length > 0) process.exitCode = 1
