import * as Effect from "effect/Effect"
import { errorText } from "../../Message/index.ts"
import { serverOptions } from "../../Node/index.ts"
import { Access } from "../../Server/index.ts"
import { isLoopback, placeToListen } from "../../Site/index.ts"
import { listenHttp, readTokens } from "../../Site/node/index.ts"
import type { Fault } from "../file/Fault.ts"
import { httpOptions } from "../httpOptions.ts"
import { type Part, portPlaces } from "../Part.ts"
import type { SiteFile } from "../sections.ts"

const rolesOf = ({ access, http }: SiteFile) => ({
  roleOf: Access.make(access ?? Access.defaults),
  isOpen: access !== undefined || http?.insecure === true
})

/** The HTTP listener, with the roles of the section `access`. */
export const httpPart: Part = {
  key: "http",
  site: "own",
  places: ({ data }) => portPlaces(data.http!.listen),
  faults: ({ data, file }, readsFiles) => {
    if (!readsFiles) return []
    const { tls, tokens } = httpOptions(file, data.http!)
    const faults: Array<Fault> = []
    const attempt = (path: string, hint: string, read: () => void) => {
      try {
        read()
      } catch (error) {
        faults.push({ path, message: `${errorText(error)}${hint}` })
      }
    }
    if (tls !== undefined) attempt("http.tls", "", () => serverOptions(tls))
    if (tokens !== undefined)
      attempt("http.tokens", "; katcp gateway token add makes a token and the file", () => readTokens(tokens))
    return faults
  },
  open: ({ data, file }) =>
    Effect.gen(function* () {
      const http = data.http!
      const place = placeToListen(http.listen)!
      let roles = rolesOf(data)
      const url = yield* listenHttp({
        ...httpOptions(file, http),
        ...place,
        roleOf: (visitor) => roles.roleOf(visitor),
        isOpen: () => roles.isOpen
      })
      const isInsecure = !isLoopback(place.host) && http.insecure === true
      const warning = `${url} can be reached from other machines, and callers need no credentials (insecure: true)`
      return {
        url,
        start: isInsecure ? Effect.logWarning(warning) : Effect.void,
        update: (next) => {
          roles = rolesOf(next)
        }
      }
    })
}
