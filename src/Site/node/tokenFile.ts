/**
 * Tokens in a file, a line for each: `NAME ROLE sha256:DIGEST [EXPIRES]`. The file has digests alone, of tokens of 256 random
 * bits: who reads it learns no token.
 */
import { createHash, randomBytes } from "node:crypto"
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Role } from "../../Interface/index.ts"
import { causeOf, errorText } from "../../Message/index.ts"
import { type Credentials, Ending, type Holder } from "../http/Credentials.ts"
import { ListenFailed } from "../http/ListenFailed.ts"

/**
 * A token of a file, as its line has it.
 *
 * @category tokens
 * @since 0.1.0
 */
export interface TokenLine {
  /** The one for whom it was made: letters, digits, `.`, `_`, `@` and `-`. */
  readonly name: string
  readonly role: Exclude<Role, "none">
  /** SHA-256 of the token, in hexadecimal digits. */
  readonly digest: string
  /** When it ends, in seconds since 1970; `undefined` if it does not end by itself. */
  readonly expires: number | undefined
}

const head = `# Tokens of the HTTP listener: NAME ROLE sha256:DIGEST [EXPIRES]. Made by katcp gateway token.\n`
const isName = (text: string): boolean => /^[A-Za-z0-9._@-]{1,64}$/.test(text)
const isRole = (text: string): text is TokenLine["role"] =>
  Role.literals.some((role) => role === text) && text !== "none"
const digestOf = (token: string): string => createHash("sha256").update(token).digest("hex")

/** Reads the lines of a file. Throws an Error that names the first line that cannot be read. */
const parse = (file: string, text: string): ReadonlyArray<TokenLine> => {
  const lines: Array<TokenLine> = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue
    const fault = (what: string) =>
      new Error(`${file}:${index + 1}: ${what}; a line is NAME ROLE sha256:DIGEST [EXPIRES]`)
    const [name = "", role = "", hash = "", end, ...more] = line.trim().split(/\s+/)
    const digest = /^sha256:([0-9a-f]{64})$/i.exec(hash)?.[1]?.toLowerCase()
    if (!isName(name)) throw fault(`${JSON.stringify(name)} is no name`)
    if (!isRole(role)) throw fault(`${JSON.stringify(role)} is no role: read, control or admin`)
    if (digest === undefined) throw fault("there is no sha256:DIGEST of 64 hexadecimal digits")
    const expires = end === undefined ? undefined : Date.parse(end) / 1000
    if (Number.isNaN(expires) || more.length > 0) throw fault(`${JSON.stringify([end, ...more].join(" "))} is no time`)
    if (lines.some((other) => other.name === name)) throw fault(`there is a token of ${name} already`)
    lines.push({ name, role, digest, expires })
  }
  return lines
}

const lineOf = ({ digest, expires, name, role }: TokenLine): string =>
  [
    name,
    role,
    `sha256:${digest}`,
    ...(expires === undefined ? [] : [DateTime.formatIso(DateTime.makeUnsafe(expires * 1000))])
  ].join(" ")

/**
 * Reads the tokens of a file. Throws an Error that names the file, and the line if one cannot be read.
 *
 * @category tokens
 * @since 0.1.0
 */
export const readTokens = (file: string): ReadonlyArray<TokenLine> => {
  let text: string
  try {
    text = readFileSync(file, "utf8")
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${causeOf(cause)}`)
  }
  return parse(file, text)
}

/** Writes a file anew, as a whole: who reads it meanwhile has the former one. */
const write = (file: string, lines: ReadonlyArray<TokenLine>): void => {
  const fresh = `${file}.${process.pid}.new`
  writeFileSync(fresh, `${head}${lines.map((line) => `${lineOf(line)}\n`).join("")}`, { mode: 0o600 })
  renameSync(fresh, file)
}

/**
 * Makes a token and adds it to a file, which is made if it is not there. Returns the token: it is nowhere else. Throws an Error
 * if the name is none, or has a token already.
 *
 * @category tokens
 * @since 0.1.0
 */
export const addToken = (file: string, { expires, name, role }: Omit<TokenLine, "digest">): string => {
  if (!isName(name))
    throw new Error(`${JSON.stringify(name)} is no name: write up to 64 letters, digits, ".", "_", "@" and "-"`)
  const lines = existsSync(file) ? readTokens(file) : []
  if (lines.some((other) => other.name === name))
    throw new Error(`${file} has a token of ${name} already; revoke it first, or choose another name`)
  const token = `katcp_${randomBytes(32).toString("base64url")}`
  write(file, [...lines, { name, role, digest: digestOf(token), expires }])
  return token
}

/**
 * Removes the token of a name from a file. What is open by it closes within ten seconds. Returns `false` if there is none.
 *
 * @category tokens
 * @since 0.1.0
 */
export const revokeToken = (file: string, name: string): boolean => {
  const lines = readTokens(file)
  const others = lines.filter((line) => line.name !== name)
  if (others.length === lines.length) return false
  write(file, others)
  return true
}

/** How often a file is looked at, in milliseconds. Not measured: sockets of a revoked token have to close within 10 s. */
const lookEvery = 2000

interface Known extends TokenLine {
  readonly holder: Holder
}

/** Tokens of a file that is read again when it has changed. */
export interface TokenFile extends Credentials {
  /** Why the file that is there now was not read; `undefined` if it was. */
  readonly fault: () => string | undefined
}

/**
 * Follows a file of tokens until the scope closes. A token that is gone from it, or has another role, is revoked. A file with a
 * mistake, or one that is missing or empty, changes nothing: the log says so. Fails with `ListenFailed` if it cannot be read at
 * the beginning.
 */
export const followTokens = (file: string): Effect.Effect<TokenFile, ListenFailed, Scope.Scope> =>
  Effect.gen(function* () {
    let byDigest = new Map<string, Known>()
    let stamp = ""
    let fault: string | undefined
    const stampNow = () => {
      const { ino, mtimeMs, size } = statSync(file)
      return `${ino} ${mtimeMs} ${size}`
    }
    const take = (lines: ReadonlyArray<TokenLine>) => {
      const former = byDigest
      byDigest = new Map(
        lines.map((line) => {
          const known = former.get(line.digest)
          return [
            line.digest,
            known !== undefined && lineOf(known) === lineOf(line) ? known : { ...line, holder: holderOf(line) }
          ]
        })
      )
      for (const { digest, holder } of former.values())
        if (byDigest.get(digest)?.holder !== holder) holder.ending!.end("revoked")
    }
    yield* Effect.try({
      try: () => {
        const lines = readTokens(file)
        stamp = stampNow()
        take(lines)
      },
      catch: (cause) =>
        new ListenFailed({
          at: file,
          message: `${errorText(cause)}; katcp gateway token add makes a token and the file`
        })
    })
    /** Reads the file if it has changed. Returns `undefined` if it has not, an empty text if it was read, or its fault. */
    const changed = (): string | undefined => {
      try {
        const found = stampNow()
        if (found === stamp && fault === undefined) return undefined
        const text = readFileSync(file, "utf8")
        if (text === "") throw new Error(`${file} is empty`)
        take(parse(file, text))
        stamp = found
        return ""
      } catch (cause) {
        return errorText(cause)
      }
    }
    const look = Effect.gen(function* () {
      const now = (yield* Clock.currentTimeMillis) / 1000
      for (const { expires, holder } of byDigest.values())
        if (expires !== undefined && now >= expires) holder.ending!.end("expired")
      const change = changed()
      if (change === undefined) return
      if (change !== fault) {
        fault = change === "" ? undefined : change
        yield* change === ""
          ? Effect.logInfo(`http: the tokens of ${file} were read again: ${byDigest.size}`)
          : Effect.logError(`http: the tokens stay as they were: ${change}`)
      }
    })
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(lookEvery)))
    return {
      kind: "token",
      fault: () => fault,
      find: (token) =>
        Clock.clockWith((clock) => {
          const known = byDigest.get(digestOf(token))
          const refused = (reason: string) => Effect.fail({ reason, isUnavailable: false })
          if (known === undefined) return refused("it is not in the file of tokens")
          return known.expires !== undefined && clock.currentTimeMillisUnsafe() / 1000 >= known.expires
            ? refused(`the token of ${known.name} has expired`)
            : Effect.succeed(known.holder)
        })
    }
  })

const holderOf = ({ expires, name, role }: TokenLine): Holder => {
  const ending = new Ending()
  return { name, role, expires, ending, ended: ending.ended }
}
