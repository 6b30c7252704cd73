/** The meanings of error codes of the operating system, the resolver and TLS, for users. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens on that port; is the device running, and is the port right?",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the host name could not be looked up: the name server does not answer",
  EAI_NODATA: "the host name has no address",
  EHOSTUNREACH: "the host cannot be reached",
  EHOSTDOWN: "the host is down",
  ENETUNREACH: "the network of the host cannot be reached",
  ENETDOWN: "the network is down",
  ETIMEDOUT: "the host does not answer",
  ECONNRESET: "the other end reset the connection",
  EACCES: "this is not allowed here",
  EPERM: "this is not allowed here",
  EADDRINUSE: "another program listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EMFILE: "this process has too many open files and connections",
  ENFILE: "this machine has too many open files and connections",
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
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed and not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate was issued by an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate was issued by an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate was issued by an authority that is not trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate was issued by an authority that is not trusted here",
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "the private key does not belong to the certificate",
  ERR_OSSL_PEM_NO_START_LINE: "there is no certificate or key in PEM (-----BEGIN …)",
  ERR_OSSL_BAD_DECRYPT: "the private key is encrypted; give it without a passphrase",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS on that port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS on that port",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it requires a client certificate",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "the TLS handshake failed; does it require a client certificate?",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it does not trust this client's certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "it rejects this client's certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "this client's certificate has expired"
}

/** Depth to which causes are followed. Not measured: real chains have two or three, and a loop must end. */
const deepest = 8
/** Characters of a certificate's names that are shown. Not measured: two lines of a terminal. */
const shown = 200

/** The fields of system errors, and of errors that contain others. */
interface DetailedError extends Error {
  readonly code?: unknown
  readonly address?: unknown
  readonly reason?: unknown
  readonly errors?: unknown
  readonly cert?: { readonly subjectaltname?: unknown }
}

/**
 * Returns the reason for a system error in plain words: `nothing listens on that port; …` for `ECONNREFUSED`, `its
 * certificate has expired`. Follows the causes of an error. For an `AggregateError`, returns the reason of each error
 * with its address, or one reason if all are equal. An error without a known code gives its own message.
 *
 * @category errors
 * @since 0.1.0
 */
export const causeOf = (cause: unknown): string => known(cause) ?? innermost(cause)

/** Returns the words for the cause, or `undefined` if it contains no known code. */
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

/** Returns the words for a code. When a write fails, the TLS fault is in the message. */
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

/** Joins the reasons of several addresses. */
const together = (errors: ReadonlyArray<unknown>): string => {
  const texts = errors.map(causeOf)
  if (new Set(texts).size === 1) return texts[0]!
  const parts = errors.map((error, at) => {
    const { address } = error instanceof Error ? (error as DetailedError) : {}
    return typeof address === "string" ? `${address}: ${texts[at]}` : texts[at]
  })
  return [...new Set(parts)].join("; ")
}
