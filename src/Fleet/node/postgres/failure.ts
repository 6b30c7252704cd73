/** Converts failures of PostgreSQL, with a remedy. */
import { SqlError } from "effect/sql/SqlError"
import { FleetFailed } from "../../errors.ts"

/** By the beginning of PostgreSQL's code: the reason, and a remedy. */
const known: ReadonlyArray<readonly [RegExp, FleetFailed["why"], (detail: string) => string]> = [
  [/^28/, "away", (detail) => `the database refuses the user: ${detail}. Check user and password in fleet.database`],
  [/^3D000/, "away", (detail) => `${detail}. Make the database (createdb), or name another one in fleet.database`],
  [
    /^42501/,
    "broken",
    (detail) => `${detail}. Make the user of the fleet the owner of its database: alter database NAME owner to USER`
  ],
  [
    /^(?:42P01|3F000)/,
    "broken",
    (detail) => `${detail}: tables of the fleet were removed. Start a runner; it creates missing ones`
  ],
  [/^25006/, "away", (detail) => `the database is read only: ${detail}. It may be a standby; name the primary`],
  [/^(?:08|53|57)/, "away", (detail) => `the database cannot be used now: ${detail}`]
]

/** PostgreSQL's code of a failure; `undefined` without one. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof SqlError ? (error.reason.cause as { readonly code?: string } | undefined)?.code : undefined

/** Converts a failure of the database into one of the fleet. */
export const failureOf = (error: unknown): FleetFailed => {
  if (error instanceof FleetFailed) return error
  const cause =
    error instanceof SqlError
      ? (error.reason.cause as { readonly code?: string; readonly message?: string } | undefined)
      : undefined
  const detail = cause?.message ?? (error instanceof Error ? error.message : String(error))
  const found = known.find(([code]) => code.test(cause?.code ?? ""))
  if (found !== undefined) return new FleetFailed({ why: found[1], detail: found[2](detail) })
  if (/requested password/.test(detail))
    return new FleetFailed({
      why: "away",
      detail:
        "the database asks for a password, and its address has none: write postgres://USER:PASSWORD@HOST/DATABASE. A site file best refers to a variable of the environment for it"
    })
  if (/Invalid (?:.* )?URL/i.test(detail))
    return new FleetFailed({
      why: "broken",
      detail:
        "the address of the database is malformed: write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with @, : and / of a password as %40, %3A and %2F"
    })
  if (error instanceof SqlError && error.reason._tag === "ConnectionError")
    return new FleetFailed({
      why: "away",
      detail: `the database cannot be reached: ${detail}. Is it running at the host and port of fleet.database?`
    })
  return new FleetFailed({ why: "broken", detail })
}
