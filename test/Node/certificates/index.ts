/** The certificates of the tests, which `make.sh` makes. */
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const pem = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8")
const pair = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) })

/** The authority of {@link server} and {@link client}. */
export const authority = pem("authority.pem")
/** The authority of {@link intruder}. */
export const stranger = pem("stranger.pem")
/** Good for `localhost`, `device.example`, 127.0.0.1 and ::1. */
export const server = pair("server")
/** As {@link server}, with another key. */
export const renewed = pair("renewed")
export const client = pair("client")
export const intruder = pair("intruder")
/** The authority of {@link expired}, and of nothing else. */
export const former = pem("former.pem")
/** Good for `localhost` and 127.0.0.1, until the day before it was made. */
export const expired = pair("expired")

/** The fingerprint of a certificate, as Node and openssl write it. */
export const fingerprintOf = (cert: string): string => new X509Certificate(cert).fingerprint256
