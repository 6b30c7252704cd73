import type * as Tls from "node:tls"
import type { Certificate } from "../Interface/index.ts"

/**
 * Returns the verified certificate of the other end of a connection, or `undefined` without one: if it has presented
 * none, if no authority of the server signed it, or if the connection has no TLS.
 *
 * @category tls
 * @since 0.1.0
 */
export const certificateOf = (socket: unknown): Certificate | undefined => {
  // not by its class, which would load `node:tls`
  const secured = socket as Tls.TLSSocket & { readonly encrypted?: boolean }
  if (secured.encrypted !== true || !secured.authorized) return undefined
  const shown = secured.getPeerCertificate()
  // without a certificate this is an empty object, and after the end of the connection it is null
  if (shown?.fingerprint256 === undefined) return undefined
  return {
    subject: attributes(shown.subject),
    issuer: attributes(shown.issuer),
    altNames: altNames(shown.subjectaltname ?? ""),
    fingerprint: shown.fingerprint256,
    serialNumber: shown.serialNumber,
    validTo: Date.parse(shown.valid_to) / 1000
  }
}

const attributes = (
  name: Readonly<Record<string, string | ReadonlyArray<string> | undefined>> | undefined
): Certificate["subject"] =>
  Object.fromEntries(
    Object.entries(name ?? {}).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, typeof value === "string" ? [value] : [...value]]]
    )
  )

/**
 * Returns the alternative names from Node's text: `DNS:a, URI:b`. In that text, a name with a comma or a quotation mark
 * is in quotation marks, as in JSON, so it cannot look like two names.
 */
const altNames = (text: string): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (const [, type, quoted, plain] of text.matchAll(/([^:,]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g))
    names.push(`${type}:${quoted === undefined ? plain : (JSON.parse(quoted) as string)}`)
  return names
}
