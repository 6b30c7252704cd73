/** The pages of the repository as the web site has them. */
import { globSync } from "node:fs"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..", "..")

/** The pages of the repository that the site has. */
export const sources: ReadonlyArray<string> = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...globSync(["docs/*.md", "bench/*.md"], { cwd: root })
]
  .map((file) => file.replaceAll(path.sep, "/"))
  .sort()

const places: Readonly<Record<string, string>> = { "README.md": "guide.md", "docs/README.md": "tasks.md" }

/** Returns the path of a page of the repository on the site; `undefined` for other files. */
export const placeOf = (file: string): string | undefined => {
  if (!sources.includes(file)) return undefined
  return places[file] ?? (file.startsWith("docs/") ? file.slice("docs/".length) : file.toLowerCase())
}

const relative = (from: string, to: string): string => {
  const found = path.posix.relative(from, to)
  return found.startsWith(".") ? found : `./${found}`
}

/** The page with its links as the site has them: to pages, to pictures, else to the source. */
const linked = (file: string, text: string, source: string): string => {
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

/** A picture for light and dark is two, and the theme shows one: readers choose the colours of the site by a button. */
const picture =
  /<picture><source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)"><img src="([^"]+)" alt="([^"]*)"><\/picture>/g
const twoPictures = (text: string): string =>
  text.replace(
    picture,
    (_, dark: string, light: string, alt: string) =>
      `<span class="picture"><img class="in-light" src="${light}" alt="${alt}"><img class="in-dark" src="${dark}" alt="${alt}"></span>`
  )

/** Placeholders like `<name>` outside code are text; pictures are elements. */
const textual = (text: string): string =>
  text
    .split(/(^```[\s\S]*?^```$|`[^`\n]*`|<!--[\s\S]*?-->)/m)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : twoPictures(part)
            .replace(/<(?!\/?(?:span|img)\b)(?=[A-Za-z/])/g, "&lt;")
            .replace(/(src=")images\//g, "$1/images/")
    )
    .join("")

/** Returns a page as VitePress reads it, and as Markdown for programs that read. */
export const forSite = (
  file: string,
  text: string,
  source: string
): { readonly page: string; readonly markdown: string } => {
  const markdown = linked(file, text, source)
  return { page: textual(markdown), markdown }
}
