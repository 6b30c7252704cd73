/**
 * The certificate of a peer, verified by one of the server's authorities.
 *
 * @category access
 * @since 0.1.0
 */
export interface Certificate {
  /** The values of each attribute of the subject: `{ CN: ["operator"], O: ["Observatory"] }`. */
  readonly subject: Readonly<Record<string, ReadonlyArray<string>>>
  /** The values of each attribute of the issuer. */
  readonly issuer: Readonly<Record<string, ReadonlyArray<string>>>
  /** The alternative names, each with its type: `DNS:dish.example`, `URI:spiffe://site/operator`, `email:…`. */
  readonly altNames: ReadonlyArray<string>
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`. */
  readonly fingerprint: string
  /** The serial number, as hexadecimal digits. */
  readonly serialNumber: string
  /** The end of its validity, in seconds since 1970. */
  readonly validTo: number
}

/**
 * Returns the name of a certificate's holder for people: its common name, otherwise its first alternative name,
 * otherwise its fingerprint.
 *
 * @category access
 * @since 0.1.0
 */
export const holderOf = ({ altNames, fingerprint, subject }: Certificate): string =>
  subject.CN?.[0] ?? altNames[0] ?? fingerprint
