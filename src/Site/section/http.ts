import * as Schema from "effect/Schema"
import { Role } from "../../Interface/index.ts"
import { errorText } from "../../Message/index.ts"
import { Access } from "../../Server/index.ts"
import { PositiveSpan } from "./duration.ts"
import { isLoopback, Listen, placeToListen } from "./listen.ts"

const Networks = Schema.Array(Schema.String).check(
  Schema.makeFilter((networks: ReadonlyArray<string>) => {
    try {
      if (networks.length > 0) Access.make([{ role: "read", network: networks }])
      return true
    } catch (error) {
      return errorText(error).replace(/^access rule 1: /, "")
    }
  })
)

const Url = Schema.String.check(
  Schema.makeFilter((text: string) => URL.canParse(text) || "expected a URL, like https://login.example/keys", {
    description: "A URL."
  })
)

const Jwt = Schema.Struct({
  issuer: Schema.String.annotate({ description: "The issuer, as the claim iss has it." }),
  audience: Schema.String.annotate({ description: "The required audience of tokens: the claim aud." }),
  jwks: Url.annotate({ description: "The URL of the issuer's keys." }),
  claim: Schema.optional(
    Schema.String.annotate({ description: "The claim with the roles; dots lead into objects. Default roles." })
  ),
  roles: Schema.optional(
    Schema.Record(Schema.String, Role).annotate({
      description: "The role of each value of the claim. Default: read, control and admin stand for themselves."
    })
  )
})

const Tls = Schema.Struct({
  cert: Schema.String.annotate({ description: "The file of the certificate, in PEM." }),
  key: Schema.String.annotate({ description: "The file of its key, in PEM." }),
  ca: Schema.optional(
    Schema.String.annotate({
      description: "The file of the authorities of clients' certificates; clients must have one."
    })
  )
})

/**
 * The Schema of the section `http` of a site file: the one HTTP listener of the process.
 *
 * @category sections
 * @since 0.1.0
 */
export const HttpSection = Schema.Struct({
  listen: Listen("127.0.0.1:8080"),
  hosts: Schema.optional(
    Schema.Array(Schema.String).annotate({
      description: "Names that clients may use for this server, besides localhost and IP addresses; * for any."
    })
  ),
  origins: Schema.optional(
    Schema.Array(Schema.String).annotate({
      description: "Origins of web pages that may send requests, besides those of this server: https://plots.example."
    })
  ),
  loopback: Schema.optional(
    Schema.Literals(["admin", "token"]).annotate({
      description:
        "Programs of this machine without a token: admin (or the role in access), or token if they need one. Use token behind a reverse proxy."
    })
  ),
  trustedProxies: Schema.optional(
    Networks.annotate({ description: "Networks of proxies that may report the address of a client." })
  ),
  tokens: Schema.optional(
    Schema.String.annotate({ description: "The file of tokens (katcp gateway token), relative to this file." })
  ),
  session: Schema.optional(PositiveSpan.annotate({ description: "The duration of a login. Default 12h." })),
  jwt: Schema.optional(Jwt.annotate({ description: "The issuer of valid tokens (JWT)." })),
  tls: Schema.optional(
    Tls.annotate({ description: "HTTPS: files in PEM, relative to this file; reloaded when they change." })
  ),
  requestsPerSecond: Schema.optional(
    Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).annotate({
      description:
        "Requests a second of each address and each caller, 20 times as many at once; 0: no limit. Default 100."
    })
  ),
  insecure: Schema.optional(
    Schema.Boolean.annotate({
      description: "Listens on another address than loopback, although callers need no credentials."
    })
  )
}).check(
  Schema.makeFilter(
    ({
      insecure,
      jwt,
      listen,
      tls,
      tokens
    }: {
      readonly listen: string | number
      readonly insecure?: boolean | undefined
      readonly tokens?: unknown
      readonly jwt?: unknown
      readonly tls?: { readonly ca?: unknown } | undefined
    }) => {
      const { host } = placeToListen(listen) ?? { host: "127.0.0.1" }
      return (
        insecure === true ||
        tokens !== undefined ||
        jwt !== undefined ||
        tls?.ca !== undefined ||
        isLoopback(host) || {
          path: ["listen"],
          issue: `${host} can be reached from other machines, and callers need no credentials; name a file of tokens (katcp gateway token add), write insecure: true beside it if you want that, or listen at 127.0.0.1`
        }
      )
    }
  )
)

/**
 * The section `http` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type HttpSection = typeof HttpSection.Type
