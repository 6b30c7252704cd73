/** The section `http` of a site file as options of the listener. */
import * as path from "node:path"
import { type HttpSection, millisecondsOf } from "../Site/index.ts"
import type { HttpOptions } from "../Site/node/index.ts"

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
