/** The command's address book: the devices of the user's site file. */
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SiteFileError } from "../../Serve/index.ts"
import type { Credentials } from "../../Site/node/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import { type Host, hostIn } from "./host.ts"

/** Devices by name, with their addresses. */
export interface Book {
  readonly file: string
  readonly names: ReadonlyArray<string>
  /** The names of the other sections of the file. */
  readonly sections: ReadonlyArray<string>
  readonly host: (name: string, credentials: Credentials) => Effect.Effect<Host, Failure, Output>
}

/** A file that was named, or found in a default place. */
interface Found {
  readonly file: string
  /** `false` for a file of the working directory, which another user may have created. */
  readonly trusted: boolean
}

const own = "katcp.yaml"

/** Returns the places of the user's own file: that of the XDG directory specification, and the folder above it. */
const ownPlaces = ({ HOME, XDG_CONFIG_HOME }: NodeJS.ProcessEnv): ReadonlyArray<string> => {
  const home = HOME === undefined || HOME === "" ? homedir() : HOME
  const folder = XDG_CONFIG_HOME === undefined || XDG_CONFIG_HOME === "" ? path.join(home, ".config") : XDG_CONFIG_HOME
  return [path.join(folder, "katcp", own), path.join(folder, own)]
}

/** Returns the user's site file, if any. */
const find = (site: Option.Option<string>): Found | undefined => {
  if (Option.isSome(site)) return { file: site.value, trusted: true }
  const { KATCP_SITE } = process.env
  if (KATCP_SITE !== undefined && KATCP_SITE !== "") return { file: KATCP_SITE, trusted: true }
  const users = ownPlaces(process.env).find((file) => existsSync(file))
  if (users !== undefined) return { file: users, trusted: true }
  return existsSync(own) ? { file: own, trusted: false } : undefined
}

const explain = ({ lines: [first = "", ...more] }: SiteFileError): Failure => cannotRun(first, more)

/** Reads a site file as an address book. Its code is loaded only if there is such a file. */
export const readSite = ({ file, trusted }: Found): Effect.Effect<Book, Failure> =>
  Effect.gen(function* () {
    const { readBook } = yield* Effect.promise(() => import("../../Serve/index.ts"))
    const book = yield* Effect.mapError(readBook(file, { trusted }), explain)
    let told = trusted
    return {
      file,
      names: book.names,
      sections: book.sections,
      host: (name, credentials) =>
        Effect.gen(function* () {
          if (!told) {
            told = true
            yield* (yield* Output).note(`katcp: using the devices of ${visible(path.resolve(file))}`)
          }
          return hostIn(yield* Effect.mapError(book.device(name), explain), credentials)
        })
    }
  })

/** Prints the names of the user's devices, one a line, for shells. An unreadable file has no names. */
export const deviceNames: Effect.Effect<void, never, Output> = Effect.gen(function* () {
  const { line } = yield* Output
  const book = yield* Effect.orElseSucceed(
    Effect.suspend(() => {
      const found = find(Option.none())
      return found === undefined ? Effect.undefined : readSite(found)
    }),
    () => undefined
  )
  for (const name of book?.names ?? []) yield* line(name)
})

/** Returns the user's address book, or `undefined`. An unreadable file of the working directory is ignored. */
export const bookOf = (site: Option.Option<string>): Effect.Effect<Book | undefined, Failure, Output> =>
  Effect.suspend(() => {
    const found = find(site)
    if (found === undefined) return Effect.undefined
    if (found.trusted) return readSite(found)
    return Effect.catch(readSite(found), ({ message }) =>
      Effect.flatMap(Output, ({ note }) =>
        Effect.as(note(visible(`katcp: ${message}; continuing without its devices`)), undefined)
      )
    )
  })
