/**
 * Tokens in a file, one per line: `NAME ROLE sha256:DIGEST [EXPIRES]`. The file has only digests, of tokens of 256
 * random bits: a reader of the file learns no token.
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
 * A token of a file, as in its line.
 *
 * @category tokens
 * @since 0.1.0
 */
export interface TokenLine {
  /** The name of the holder: letters, digits, `.`, `_`, `@` and `-`. */
  readonly name: string
  readonly role: Exclude<Role, "none">
  /** SHA-256 of the token, in hexadecimal digits. */
  readonly digest: string
  /** The time when it expires, in seconds since 1970; `undefined` if it does not expire. */
  readonly expires: number | undefined
}

const head = `# Tokens of the HTTP listener: NAME ROLE sha256:DIGEST [EXPIRES]. Made by katcp gateway token.\n`
const isName = (text: string): boolean => /^[A-Za-z0-9._@-]{1,64}$/.test(text)
const isRole = (text: string): text is TokenLine["role"] =>
  Role.literals.some((role) => role === text) && text !== "none"
const digestOf = (token: string): string => createHash("sha256").update(token).digest("hex")

/** Parses the lines of a file. Throws an Error with the first malformed line. */
const parse = (file: string, text: string): ReadonlyArray<TokenLine> => {
  const lines: Array<TokenLine> = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue
    const fault = (what: string) =>
      new Error(`${file}:${index + 1}: ${what}; a line is NAME ROLE sha256:DIGEST [EXPIRES]`)
    const [name = "", role = "", hash = "", end, ...more] = line.trim().split(/\s+/)
    const digest = /^sha256:([0-9a-f]{64})$/i.exec(hash)?.[1]?.toLowerCase()
    if (!isName(name)) throw fault(`${JSON.stringify(name)} is not a name`)
    if (!isRole(role)) throw fault(`${JSON.stringify(role)} is not a role: read, control or admin`)
    if (digest === undefined) throw fault("sha256:DIGEST with 64 hexadecimal digits is missing")
    const expires = end === undefined ? undefined : Date.parse(end) / 1000
    if (Number.isNaN(expires) || more.length > 0)
      throw fault(`${JSON.stringify([end, ...more].join(" "))} is not a time`)
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
 * Reads the tokens of a file. Throws an Error with the file, and the line if one is malformed.
 *
 * @category tokens
 * @since 0.1.0
 */
export const readTokens = (file: string): ReadonlyArray<TokenLine> => {
  let text: string
  try {
    text = readFileSync(file, "utf8")
  } catch (cause) {
    throw new Error(`cannot read ${file}: ${causeOf(cause)}`)
  }
  return parse(file, text)
}

/** Replaces a file as a whole: a reader at the same time gets the former one. */
const write = (file: string, lines: ReadonlyArray<TokenLine>): void => {
  const fresh = `${file}.${process.pid}.new`
  writeFileSync(fresh, `${head}${lines.map((line) => `${lineOf(line)}\n`).join("")}`, { mode: 0o600 })
  renameSync(fresh, file)
}

/**
 * Makes a token and adds it to a file, which is made if it does not exist. Returns the token, which is stored nowhere
 * else. Throws an Error if the name is malformed, or has a token already.
 *
 * @category tokens
 * @since 0.1.0
 */
export const addToken = (file: string, { expires, name, role }: Omit<TokenLine, "digest">): string => {
  if (!isName(name))
    throw new Error(`${JSON.stringify(name)} is not a name: write up to 64 letters, digits, ".", "_", "@" and "-"`)
  const lines = existsSync(file) ? readTokens(file) : []
  if (lines.some((other) => other.name === name))
    throw new Error(`${file} has a token of ${name} already; revoke it first, or choose another name`)
  const token = `katcp_${randomBytes(32).toString("base64url")}`
  write(file, [...lines, { name, role, digest: digestOf(token), expires }])
  return token
}

/**
 * Removes the token of a name from a file. Its connections close within ten seconds. Returns `false` if there is no
 * such token.
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

/**
 * The interval of checking a file, in milliseconds. Not measured: sockets of a revoked token must close within 10 s.
 */
const lookEvery = 2000

interface Known extends TokenLine {
  readonly holder: Holder
}

/** Tokens of a file that is reloaded when it changes. */
export interface TokenFile extends Credentials {
  /** The reason why the current file could not be read; `undefined` if it was. */
  readonly fault: () => string | undefined
}

/**
 * Follows a file of tokens until the scope closes. A token that was removed from it, or has another role, is revoked. A
 * malformed, missing or empty file changes nothing, and is logged. Fails with `ListenFailed` if the file cannot be read
 * at the start.
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
    /**
     * Reads the file if it has changed. Returns `undefined` if it has not, an empty text if it was read, or the fault.
     */
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
          ? Effect.logInfo(`http: reloaded the tokens of ${file}: ${byDigest.size}`)
          : Effect.logError(`http: the former tokens stay in use: ${change}`)
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
