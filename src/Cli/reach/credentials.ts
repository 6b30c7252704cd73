/** The options `--ca`, `--cert`, `--key` and `--server-name`. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { causeOf } from "../../Message/index.ts"
import type { Credentials } from "../../Site/node/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"

/** The flags for TLS. */
export interface Secured {
  readonly ca: Option.Option<string>
  readonly cert: Option.Option<string>
  readonly key: Option.Option<string>
  readonly serverName: Option.Option<string>
}

const read = (flag: string, file: Option.Option<string>): Effect.Effect<string | undefined, Failure> =>
  Option.match(file, {
    onNone: () => Effect.undefined,
    onSome: (path) =>
      Effect.try({
        try: () => readFileSync(path, "utf8"),
        catch: (error) => cannotRun(`${flag} ${path}: ${causeOf(error)}`)
      }).pipe(
        Effect.filterOrFail(
          (text) => text.includes("-----BEGIN "),
          () => cannotRun(`${flag} ${path}: the file has no certificate or key in PEM (-----BEGIN …)`)
        )
      )
  })

/** Returns the credentials of the flags. The key may be in the certificate's file. */
export const credentialsOf = (flags: Secured): Effect.Effect<Credentials, Failure> =>
  Effect.gen(function* () {
    if (Option.isSome(flags.key) && Option.isNone(flags.cert)) return yield* cannotRun("--key also needs --cert")
    const ca = yield* read("--ca", flags.ca)
    const cert = yield* read("--cert", flags.cert)
    const key = (yield* read("--key", flags.key)) ?? cert
    if (key !== undefined && !key.includes("PRIVATE KEY-----"))
      return yield* cannotRun(
        Option.isSome(flags.key)
          ? `--key ${flags.key.value}: the file has no private key`
          : "--cert also needs --key: the certificate's file has no private key"
      )
    return {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert, key }),
      ...(Option.isNone(flags.serverName) ? {} : { serverName: flags.serverName.value })
    }
  })

/** Returns `true` if one of the flags is given. */
export const areGiven = ({ ca, cert, key, serverName }: Secured): boolean =>
  [ca, cert, key, serverName].some(Option.isSome)
