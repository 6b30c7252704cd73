/** Bundles a web page: its script, and the compressed size of the script. */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

/** Returns the files of the page by path, and the compressed size of its script in bytes. */
export const bundle = async (options: Pick<Parameters<typeof rolldown>[0] & object, "resolve"> = {}) => {
  const built = await rolldown({
    ...options,
    input: path.join(import.meta.dirname, "page.js"),
    platform: "browser",
    // regular expressions for sensor names are a third of the script, and this page does not use them
    external: ["re2js"],
    onLog: (_, log) => {
      throw new Error(log.message)
    }
  })
  const { output } = await built.generate({ format: "esm", minify: true })
  const [{ code }] = output
  return {
    code,
    imports: output.flatMap((file) => (file.type === "chunk" ? [...file.imports, ...file.dynamicImports] : [])),
    bytes: gzipSync(code).length,
    files: new Map([
      [
        "/",
        {
          contentType: "text/html; charset=utf-8",
          body: readFileSync(path.join(import.meta.dirname, "index.html"))
        }
      ],
      ["/page.js", { contentType: "text/javascript; charset=utf-8", body: new TextEncoder().encode(code) }]
    ])
  }
}
