import { existsSync, readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import type { Gateway } from "../../Gateway/index.ts"

/** The files of the page by their paths, and their media types. */
const files = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/style.css": ["style.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
  "/licences.txt": ["licences.txt", "text/plain; charset=utf-8"]
} as const

/** The folder of the page: beside the shared files of the library, beside the command, or below a room; for sources, in `dist`. */
const folder = (): URL | undefined =>
  ["./page/", "../page/", "../../page/", "../../../dist/page/"]
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(new URL("page.js", url)))

/**
 * Reads the files of the dashboard's page, for the option `page` of `Gateway.layer`. Throws if they were not built.
 *
 * @example
 * ```ts
 * import { pageFiles } from "katcp/Dashboard/node"
 * import { Gateway } from "katcp/Gateway"
 *
 * export const gateway = Gateway.layer({ page: pageFiles() })
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const pageFiles = (): ReadonlyMap<string, Gateway.PageFile> => {
  const from = folder()
  if (from === undefined)
    throw new Error("the files of the dashboard are missing: npm run build creates them in dist/page")
  return new Map(
    Object.entries(files).map(([path, [file, contentType]]) => {
      const body = readFileSync(new URL(file, from))
      return [path, { contentType, body, gzip: gzipSync(body) }]
    })
  )
}
