import * as Tls from "node:tls"
import type { Certificate } from "../Interface/index.ts"

/**
 * Returns the certificate that the other end of a connection has shown; undefined if it has shown none, if no authority of
 * the server vouches for it, or if the connection has no TLS.
 *
 * @category tls
 * @since 0.1.0
 */
export const certificateOf = (socket: unknown): Certificate | undefined => {
  if (!(socket instanceof Tls.TLSSocket) || !socket.authorized) return undefined
  const shown = socket.getPeerCertificate()
  // without a certificate this is an empty object, after the connection has ended it is null
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
 * The alternative names out of the text that Node makes of them: `DNS:a, URI:b`. A name that holds a comma or a quotation
 * mark stands there in quotation marks, as in JSON, so that it cannot look like two.
 */
const altNames = (text: string): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (const [, type, quoted, plain] of text.matchAll(/([^:,]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g))
    names.push(`${type}:${quoted === undefined ? plain : (JSON.parse(quoted) as string)}`)
  return names
}
