import { readFileSync } from "node:fs"
import * as Tls from "node:tls"
import type * as Duration from "effect/Duration"
import { errorText } from "../Message/index.ts"

/**
 * A certificate, a key or a list of certificates in PEM, as text or bytes.
 *
 * @category models
 * @since 0.1.0
 */
export type Pem = string | Uint8Array

/**
 * A file of PEM. It is read when the server starts, and again when it has changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface PemFile {
  /** The path of the file. */
  readonly file: string
}

/**
 * What a TLS server shows, and what it asks of its clients.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerCredentials {
  /** The server's certificate, with those between it and its authority behind it. */
  readonly cert: Pem | PemFile
  /** The private key of the certificate. */
  readonly key: Pem | PemFile
  /** The authorities that clients' certificates are to be signed by. By default those that Node trusts. */
  readonly ca?: Pem | PemFile | ReadonlyArray<Pem | PemFile> | undefined
  /**
   * How often the files among these are looked at. Connections that come after a change are served by the new ones; who is
   * connected stays. While the new ones are no good, such as a certificate whose key has not been written yet, the ones
   * before are kept, and the log says so once. Default 1 minute.
   */
  readonly reloadEvery?: Duration.Input | undefined
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

const isFile = (source: unknown): source is PemFile => typeof source === "object" && source !== null && "file" in source

const contents = (source: Pem | PemFile): string | Buffer => {
  if (!isFile(source)) return bytes(source)
  try {
    return readFileSync(source.file)
  } catch (cause) {
    throw explained("a file cannot be read", cause)
  }
}

const listOf = <A extends Pem | PemFile>(ca: A | ReadonlyArray<A>): ReadonlyArray<A> =>
  Array.isArray(ca) ? (ca as ReadonlyArray<A>) : [ca as A]

/** Returns `true` if some of it is in files, which may change. */
export const hasFiles = ({ ca, cert, key }: ServerCredentials): boolean =>
  [cert, key, ...(ca === undefined ? [] : listOf(ca))].some(isFile)

/** What a server shows and trusts, as options of Node: the files as they are now. */
export interface Secured {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly ca?: Array<string | Buffer>
}

/** Reads what a server shows and trusts. Throws an Error if a file cannot be read, or one of them is empty. */
export const read = ({ ca, cert, key }: ServerCredentials): Secured => {
  const secured = {
    cert: contents(cert),
    key: contents(key),
    ...(ca === undefined ? {} : { ca: listOf(ca).map(contents) })
  }
  if (secured.cert.length === 0 || secured.key.length === 0)
    throw new Error(`no ${secured.cert.length === 0 ? "certificate" : "key"} is given`)
  return secured
}

/** Throws an Error that says what is wrong with the certificate, the key or the authorities. */
export const check = (secured: Secured): void => {
  try {
    Tls.createSecureContext(secured)
  } catch (cause) {
    throw explained("the certificate, its key or its authorities are no good", cause)
  }
}

/**
 * As options of Node. Throws an Error that says what is wrong with the certificate or the key.
 *
 * @category tls
 * @since 0.1.0
 */
export const serverOptions = (credentials: ServerCredentials): Tls.TlsOptions => {
  const { handshakeTimeout = 10_000, requestCert = credentials.ca !== undefined } = credentials
  const secured = read(credentials)
  check(secured)
  return { ...secured, requestCert, rejectUnauthorized: true, handshakeTimeout }
}

/** As options of Node. */
export const clientOptions = ({ ca, cert, key }: ClientCredentials): Tls.SecureContextOptions => ({
  ...(ca === undefined ? {} : { ca: listOf(ca).map(bytes) }),
  ...(cert === undefined ? {} : { cert: bytes(cert) }),
  ...(key === undefined ? {} : { key: bytes(key) })
})

/** An error that says what was tried, in front of what its cause says. */
export const explained = (what: string, cause: unknown): Error => new Error(`${what}: ${errorText(cause)}`, { cause })
