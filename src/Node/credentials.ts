import * as Tls from "node:tls"

/**
 * A certificate, a key or a list of certificates in PEM, as text or bytes.
 *
 * @category models
 * @since 0.1.0
 */
export type Pem = string | Uint8Array

/**
 * What a TLS server shows, and what it asks of its clients.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerCredentials {
  /** The server's certificate, with those between it and its authority behind it. */
  readonly cert: Pem
  /** The private key of the certificate. */
  readonly key: Pem
  /** The authorities that clients' certificates are to be signed by. By default those that Node trusts. */
  readonly ca?: Pem | ReadonlyArray<Pem> | undefined
  /**
   * Whether clients must show a certificate that an authority of `ca` has signed (mutual TLS). Default: true if `ca` is
   * given. The connection of a client without one just ends.
   */
  readonly requestCert?: boolean | undefined
  /** How long a handshake may take, in milliseconds. Default 10000. */
  readonly handshakeTimeout?: number | undefined
}

/**
 * What a TLS client trusts, and what it shows.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientCredentials {
  /** The authorities that the server's certificate is to be signed by. By default those that Node trusts. */
  readonly ca?: Pem | ReadonlyArray<Pem> | undefined
  /** The client's own certificate, where the server asks for one. None by default. */
  readonly cert?: Pem | undefined
  /** The private key of `cert`. */
  readonly key?: Pem | undefined
}

const bytes = (pem: Pem): string | Buffer => (typeof pem === "string" ? pem : Buffer.from(pem))

const authorities = (ca: Pem | ReadonlyArray<Pem>): Array<string | Buffer> =>
  typeof ca === "string" || ca instanceof Uint8Array ? [bytes(ca)] : ca.map(bytes)

/** As options of Node. Throws an Error that says what is wrong with the certificate or the key. */
export const serverOptions = (credentials: ServerCredentials): Tls.TlsOptions => {
  const { ca, cert, handshakeTimeout = 10_000, key, requestCert = ca !== undefined } = credentials
  if (cert.length === 0 || key.length === 0) throw new Error(`no ${cert.length === 0 ? "certificate" : "key"} is given`)
  const secure = { cert: bytes(cert), key: bytes(key), ...(ca === undefined ? {} : { ca: authorities(ca) }) }
  try {
    Tls.createSecureContext(secure)
  } catch (cause) {
    throw explained("the certificate, its key or its authorities are no good", cause)
  }
  return { ...secure, requestCert, rejectUnauthorized: true, handshakeTimeout }
}

/** As options of Node. */
export const clientOptions = ({ ca, cert, key }: ClientCredentials): Tls.SecureContextOptions => ({
  ...(ca === undefined ? {} : { ca: authorities(ca) }),
  ...(cert === undefined ? {} : { cert: bytes(cert) }),
  ...(key === undefined ? {} : { key: bytes(key) })
})

/** An error that says what was tried, in front of what its cause says. */
export const explained = (what: string, cause: unknown): Error =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
