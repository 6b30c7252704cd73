import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { Http } from "../Site/index.ts"
import type { PageFile } from "./options.ts"

/** Serves the files of a page to the role `read`. For a file that a browser already has, the answer has no body. */
export const layerPage = (files: ReadonlyMap<string, PageFile>): Layer.Layer<never, never, Http> => {
  if (files.size === 0) return Layer.empty
  const routes = Array.from(files, ([path, file]) => HttpRouter.route("GET", path as `/${string}`, serve(file)))
  return Http.routes(HttpRouter.addAll(routes), { role: "read" })
}

const serve = (file: PageFile) => {
  const { body, contentType, gzip, immutable = false } = file
  const cache = immutable ? "private, max-age=31536000, immutable" : "private, no-cache"
  return Effect.gen(function* () {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const etag = yield* etagOf(file)
    const own = { etag, "cache-control": cache, ...(gzip === undefined ? {} : { vary: "accept-encoding" }) }
    if (headers["if-none-match"]?.includes(etag) === true)
      return HttpServerResponse.empty({ status: 304, headers: own })
    return gzip !== undefined && /\bgzip\b/.test(headers["accept-encoding"] ?? "")
      ? HttpServerResponse.uint8Array(gzip, { contentType, headers: { ...own, "content-encoding": "gzip" } })
      : HttpServerResponse.uint8Array(body, { contentType, headers: own })
  })
}

const etags = new WeakMap<PageFile, string>()

/** A tag that changes with the file: its SHA-256. */
const etagOf = (file: PageFile): Effect.Effect<string> => {
  const known = etags.get(file)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new Uint8Array(file.body))),
    (digest) => {
      const tag = `"${Array.from(new Uint8Array(digest).subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`
      etags.set(file, tag)
      return tag
    }
  )
}
