/** The links of a built web site. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import * as path from "node:path"

const link = /<(?:a|img|link|script|source)\b[^>]*?\s(?:href|src)=(?:"([^"]*)"|'([^']*)'|([^\s>]+))/g
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, anchor]) => anchor!))

const decoded = (text: string): string => decodeURIComponent(text.replaceAll("&amp;", "&").replaceAll("&#x3D;", "="))

/**
 * Returns the links within a site that lead to no file, or to no place of a page, as texts. Links to other hosts and those
 * that begin with a path of `apart` are left out.
 */
export const brokenLinks = (folder: string, apart: ReadonlyArray<string>): ReadonlyArray<string> => {
  const anchors = new Map<string, ReadonlySet<string>>()
  const pages = globSync("**/*.html", { cwd: folder })
  const read = (file: string): ReadonlySet<string> => {
    let found = anchors.get(file)
    if (found === undefined) {
      found = anchorsOf(readFileSync(path.join(folder, file), "utf8"))
      anchors.set(file, found)
    }
    return found
  }
  const broken = new Set<string>()
  for (const page of pages) {
    for (const [, double, single, bare] of readFileSync(path.join(folder, page), "utf8").matchAll(link)) {
      const written = decoded(double ?? single ?? bare ?? "")
      if (/^(?:[a-z]+:|\/\/)/.test(written) || apart.some((prefix) => written.startsWith(prefix))) continue
      const [place = "", anchor] = written.split("#")
      const file =
        place === "" ? page : place.startsWith("/") ? place.slice(1) : path.posix.join(path.posix.dirname(page), place)
      const target = [file, `${file}.html`, path.posix.join(file, "index.html")].find((name) => {
        const full = path.join(folder, name)
        return existsSync(full) && statSync(full).isFile()
      })
      if (target === undefined) broken.add(`${page}: ${written} leads nowhere`)
      else if (anchor !== undefined && anchor !== "" && target.endsWith(".html") && !read(target).has(anchor))
        broken.add(`${page}: ${written}: there is no ${anchor}`)
    }
  }
  return [...broken]
}
