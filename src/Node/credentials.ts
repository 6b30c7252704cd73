import { readFileSync } from "node:fs"
import type * as Tls from "node:tls"
import type * as Duration from "effect/Duration"
import { causeOf, errorText } from "../Message/index.ts"
import { nodeTls } from "./onDemand.ts"

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
 * The certificate of a TLS server, and its conditions for clients.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerCredentials {
  /** The server's certificate, followed by the intermediate certificates. */
  readonly cert: Pem | PemFile
  /** The private key of the certificate. */
  readonly key: Pem | PemFile
  /** The authorities that must have signed clients' certificates. By default those that Node trusts. */
  readonly ca?: Pem | PemFile | ReadonlyArray<Pem | PemFile> | undefined
  /**
   * The interval of checks for changed files. New connections use the new content; existing ones stay. While the new
   * content is invalid, such as a certificate without its new key, the former content stays in use, and the log reports
   * it once. Default 1 minute.
   */
  readonly reloadEvery?: Duration.Input | undefined
  /**
   * `true` if clients must present a certificate that an authority of `ca` has signed (mutual TLS). Default: `true` if
   * `ca` is given. The connection of a client without one ends.
   */
  readonly requestCert?: boolean | undefined
  /** The timeout of a handshake, in milliseconds. Default 10000. */
  readonly handshakeTimeout?: number | undefined
}

/**
 * The trusted authorities of a TLS client, and its certificate.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientCredentials {
  /** The authorities that must have signed the server's certificate. By default those that Node trusts. */
  readonly ca?: Pem | ReadonlyArray<Pem> | undefined
  /** The client's own certificate, if the server requires one. None by default. */
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
    throw new Error(`cannot read ${source.file}: ${causeOf(cause)}`, { cause })
  }
}

const listOf = <A extends Pem | PemFile>(ca: A | ReadonlyArray<A>): ReadonlyArray<A> =>
  Array.isArray(ca) ? (ca as ReadonlyArray<A>) : [ca as A]

/** Returns `true` if a part is in a file, which may change. */
export const hasFiles = ({ ca, cert, key }: ServerCredentials): boolean =>
  [cert, key, ...(ca === undefined ? [] : listOf(ca))].some(isFile)

/** The certificate and authorities of a server as options of Node, with the current content of files. */
export interface Secured {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly ca?: Array<string | Buffer>
}

/** Reads a server's certificate and authorities. Throws an Error if a file cannot be read, or is empty. */
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

/** Throws an Error with the fault of the certificate, the key or the authorities. */
export const check = (secured: Secured): void => {
  try {
    nodeTls().createSecureContext(secured)
  } catch (cause) {
    throw new Error(`the certificate, its key or its authorities are invalid: ${causeOf(cause)}`, { cause })
  }
}

/**
 * Returns Node's options. Throws an Error with the fault of the certificate or the key.
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

/** Returns Node's options. */
export const clientOptions = ({ ca, cert, key }: ClientCredentials): Tls.SecureContextOptions => ({
  ...(ca === undefined ? {} : { ca: listOf(ca).map(bytes) }),
  ...(cert === undefined ? {} : { cert: bytes(cert) }),
  ...(key === undefined ? {} : { key: bytes(key) })
})

/** Returns an error that names the attempted action before the text of its cause. */
export const explained = (what: string, cause: unknown): Error => new Error(`${what}: ${errorText(cause)}`, { cause })
