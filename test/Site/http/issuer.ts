/** An issuer of tokens (JWT) on this machine: it publishes the keys that its tokens are signed with. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as jose from "jose"

const issuer = "https://login.example"
const audience = "katcp"

/** The contents of a token. Times are in seconds since 1970. */
export interface Claims {
  readonly roles?: unknown
  readonly iss?: string
  readonly aud?: string
  readonly exp: number
}

export const issuing = async () => {
  const good = await jose.generateKeyPair("ES256")
  const other = await jose.generateKeyPair("ES256")
  const published = await jose.exportJWK(good.publicKey)
  const jwks = JSON.stringify({ keys: [{ ...published, kid: "1", alg: "ES256" }] })
  let isAway = false
  const server = createServer((_, response) => {
    if (isAway) response.writeHead(503).end()
    else response.writeHead(200, { "content-type": "application/json" }).end(jwks)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const claimed = ({ aud = audience, exp, iss = issuer, roles = ["read"] }: Claims, alg: string) =>
    new jose.SignJWT({ roles })
      .setProtectedHeader({ alg, kid: "1" })
      .setSubject("anna")
      .setIssuer(iss)
      .setAudience(aud)
      .setExpirationTime(exp)
  return {
    options: { issuer, audience, jwks: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` },
    sign: (claims: Claims) => claimed(claims, "ES256").sign(good.privateKey),
    /** Signed with a key that is not published. */
    signWrong: (claims: Claims) => claimed(claims, "ES256").sign(other.privateKey),
    /** Signed with the public key as a secret. */
    signSecret: (claims: Claims) => claimed(claims, "HS256").sign(new TextEncoder().encode(JSON.stringify(published))),
    /** Not signed at all. */
    unsigned: async (claims: Claims) => {
      const [, payload] = (await claimed(claims, "ES256").sign(good.privateKey)).split(".")
      return `${Buffer.from(JSON.stringify({ alg: "none", kid: "1" })).toString("base64url")}.${payload}.`
    },
    setAway: (away: boolean) => {
      isAway = away
    },
    close: () => new Promise((resolve) => server.close(resolve))
  }
}
