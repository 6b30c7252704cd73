/** The section `http` of a site file as options of the listener, and the files that it names. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { errorText } from "../Message/index.ts"
import { serverOptions } from "../Node/index.ts"
import { type HttpSection, millisecondsOf } from "../Site/index.ts"
import { type HttpOptions, readTokens } from "../Site/node/index.ts"
import { type Fault, SiteFileError } from "./file/Fault.ts"
import type { SiteFile } from "./sections.ts"

/** Returns the options of the listener: the paths of the section are relative to the file. */
export const httpOptions = (file: string, http: HttpSection): Partial<HttpOptions> => {
  const at = (name: string) => path.resolve(path.dirname(file), name)
  const { tls } = http
  return {
    hosts: http.hosts,
    origins: http.origins,
    insecure: http.insecure,
    loopback: http.loopback,
    trustedProxies: http.trustedProxies,
    tokens: http.tokens === undefined ? undefined : at(http.tokens),
    session: http.session === undefined ? undefined : `${millisecondsOf(http.session)!} millis`,
    jwt: http.jwt,
    tls:
      tls === undefined
        ? undefined
        : {
            cert: { file: at(tls.cert) },
            key: { file: at(tls.key) },
            ...(tls.ca === undefined ? {} : { ca: { file: at(tls.ca) } })
          },
    requestsPerSecond: http.requestsPerSecond
  }
}

/**
 * Fails if a file of the section `http` (certificate, key, authorities, tokens) cannot be read or is malformed. Paths
 * are relative to the site file. For `--check`: a running listener follows these files itself.
 *
 * @category running
 * @since 0.1.0
 */
export const checkHttpFiles = (file: string, { http }: SiteFile): Effect.Effect<void, SiteFileError> =>
  Effect.suspend(() => {
    if (http === undefined) return Effect.void
    const { tls, tokens } = httpOptions(file, http)
    const faults: Array<Fault> = []
    const attempt = (path: string, read: () => void) => {
      try {
        read()
      } catch (error) {
        faults.push({ path, message: errorText(error) })
      }
    }
    if (tls !== undefined) attempt("http.tls", () => serverOptions(tls))
    if (tokens !== undefined) attempt("http.tokens", () => readTokens(tokens))
    return faults.length === 0 ? Effect.void : Effect.fail(new SiteFileError({ file, faults }))
  })
