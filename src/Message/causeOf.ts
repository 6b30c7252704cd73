/** What the codes of the system, of the resolver and of TLS mean to a person. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at that port; is the device running, and is the port right?",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host could not be looked up: the name server does not answer",
  EAI_NODATA: "the host of that name has no address",
  EHOSTUNREACH: "the host cannot be reached",
  EHOSTDOWN: "the host is down",
  ENETUNREACH: "the network of the host cannot be reached",
  ENETDOWN: "the network is down",
  ETIMEDOUT: "the host does not answer",
  ECONNRESET: "the other end cut the connection",
  EACCES: "this is not allowed here",
  EPERM: "this is not allowed here",
  EADDRINUSE: "another program listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EMFILE: "this process has too many files and connections open",
  ENFILE: "this machine has too many files and connections open",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "there is no such file or folder",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would become too large",
  EROFS: "the file system is read-only",
  EIO: "the device or disk has failed",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is a clock wrong?",
  CERT_REVOKED: "its certificate was revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself, and is no authority that is trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is of an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is of an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of an authority that is not trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an authority that is not trusted here",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS at that port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS at that port",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it asks for a certificate of this client",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "it did not agree to TLS; does it ask for a certificate of this client?",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it does not trust the certificate of this client",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "it does not take the certificate of this client",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "the certificate of this client has expired"
}

/** Causes of causes that are looked into. Not measured: real chains have two or three, and a loop must end. */
const deepest = 8
/** Characters of a certificate's names that are shown. Not measured: two lines of a terminal. */
const shown = 200

/** What errors of the system have, and the errors that hold others. */
interface DetailedError extends Error {
  readonly code?: unknown
  readonly address?: unknown
  readonly reason?: unknown
  readonly errors?: unknown
  readonly cert?: { readonly subjectaltname?: unknown }
}

/**
 * Returns why the system could not do something, as a person says it: `nothing listens at that port; …` for
 * `ECONNREFUSED`, `its certificate has expired`. It looks into the causes of an error, and into all errors of an
 * `AggregateError`, each with its address unless all have the same reason. An error without a known code gives its own
 * message.
 *
 * @category errors
 * @since 0.1.0
 */
export const causeOf = (cause: unknown): string => known(cause) ?? innermost(cause)

/** Returns the words for the cause; undefined if no code in it is known. */
export const known = (cause: unknown): string | undefined => {
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < deepest; depth++) {
    const { cause, cert, code, errors, reason } = at as DetailedError
    if (Array.isArray(errors) && errors.length > 0) return together(errors)
    const text = wordsFor(code, at.message)
    if (text !== undefined) {
      const names = cert?.subjectaltname
      return code === "ERR_TLS_CERT_ALTNAME_INVALID" && typeof names === "string"
        ? `${text} (it has ${names.slice(0, shown)})`
        : text
    }
    at = cause ?? reason
  }
  return undefined
}

/** The words for a code. A write that fails has the fault of TLS in its message. */
const wordsFor = (code: unknown, message: string): string | undefined => {
  if (code === "EPROTO" && /wrong version number|packet length too long|http request/.test(message))
    return words.ERR_SSL_WRONG_VERSION_NUMBER
  return typeof code === "string" && Object.hasOwn(words, code) ? words[code] : undefined
}

const innermost = (cause: unknown): string => {
  let text = String(cause)
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < deepest; depth++) {
    text = at.message
    at = at.cause ?? (at as DetailedError).reason
  }
  return text
}

/** What became of several addresses. */
const together = (errors: ReadonlyArray<unknown>): string => {
  const texts = errors.map(causeOf)
  if (new Set(texts).size === 1) return texts[0]!
  const parts = errors.map((error, at) => {
    const { address } = error instanceof Error ? (error as DetailedError) : {}
    return typeof address === "string" ? `${address}: ${texts[at]}` : texts[at]
  })
  return [...new Set(parts)].join("; ")
}
