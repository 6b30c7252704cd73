/** Converts failures of PostgreSQL into failures of the store, with a remedy. */
import { SqlError } from "effect/sql/SqlError"
import { StoreFailed } from "../../errors.ts"

/** The failure, in the form of the server. */
interface Cause {
  readonly code?: string
  readonly message?: string
}

const causeOf = (error: unknown): Cause | undefined =>
  error instanceof SqlError ? (error.reason.cause as Cause | undefined) : undefined

/** The code of the failure, as listed in PostgreSQL's manual; empty without one. */
export const codeOf = (error: unknown): string => causeOf(error)?.code ?? ""

/** By the beginning of the code: the reason, and a remedy. The first match decides. */
const known: ReadonlyArray<readonly [RegExp, StoreFailed["why"], (detail: string) => string]> = [
  [/^53100/, "full", (detail) => `the disk of the database is full: ${detail}`],
  [
    /^28/,
    "away",
    (detail) =>
      `the database refuses the user: ${detail}. Check user and password: postgres://USER:PASSWORD@HOST/DATABASE`
  ],
  [/^3D000/, "away", (detail) => `${detail}. Make the database (createdb), or name another one`],
  [/^53/, "away", (detail) => `the database has no room for another connection: ${detail}`],
  [/^57014/, "away", (detail) => `the database took too long: ${detail}`],
  [/^(?:08|57P)/, "away", (detail) => `the database cannot be reached: ${detail}`],
  [
    /^42501/,
    "broken",
    (detail) =>
      `${detail}. Let the user write there: grant create on database NAME to USER; the schema katcp belongs to it then`
  ],
  [/^25006/, "away", (detail) => `the database is read only: ${detail}. It may be a standby; name the primary`],
  [
    /^(?:42P01|3F000)/,
    "broken",
    (detail) => `${detail}: tables of the archive were removed. Start it again; it creates missing ones`
  ]
]

/** Converts a failure of the database into one of the store. */
export const failureOf =
  (store: string) =>
  (error: unknown): StoreFailed => {
    if (error instanceof StoreFailed) return error
    const cause = causeOf(error)
    const detail = cause?.message ?? (error instanceof Error ? error.message : String(error))
    const found = known.find(([code]) => code.test(cause?.code ?? ""))
    if (found !== undefined) return new StoreFailed({ why: found[1], store, detail: found[2](detail) })
    if (error instanceof SqlError && error.reason._tag === "ConnectionError")
      return new StoreFailed({
        why: "away",
        store,
        detail: `the database cannot be reached: ${detail}. Is it running at that host and port?`
      })
    return new StoreFailed({ why: "broken", store, detail })
  }
