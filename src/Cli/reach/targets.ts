/** The devices and sensors that the words of a command mean. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Result from "effect/Result"
import * as Client from "../../Client/index.ts"
import { Target } from "../../Site/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import type { Output } from "../show/Output.ts"
import { type Book, bookOf, readSite } from "./book.ts"
import { areGiven, credentialsOf, type Secured } from "./credentials.ts"
import { type Host, hostAt, withServer } from "./host.ts"
import type { Wanted } from "./waiting.ts"

/** What commands say of how devices are dialled: TLS, and where their names come from. */
export interface Dialling extends Secured {
  readonly site: Option.Option<string>
}

/** A device, and which of its sensors are meant. */
export interface Aim {
  readonly host: Host
  /** Empty for all sensors. */
  readonly wanted: ReadonlyArray<Wanted>
}

const saidWhich = "say which device: HOST or HOST:PORT, or set KATCP_SERVER in the environment"

const failing = <A, E extends { readonly message: string }>(result: Result.Result<A, E>): Effect.Effect<A, Failure> =>
  Effect.mapError(Effect.fromResult(result), ({ message }) => cannotRun(message))

/** `true` for a word that is an address, whatever the address book has. */
const isAddress = (word: string): boolean => !word.startsWith("/") && word.includes(":")

const isSiteFile = (word: string): boolean => !word.startsWith("/") && /\.(?:ya?ml|toml|json)$/i.test(word)

/** The address book for these words. A site file that is the first word is the one for the others, too. */
const bookFor = (
  dialling: Dialling,
  words: ReadonlyArray<string>
): Effect.Effect<Book | undefined, Failure, Output> => {
  const [first = ""] = words
  if (isSiteFile(first)) return readSite({ file: first, trusted: true })
  const needed = !isAddress(first) || words.some((word) => Target.standsAlone(word) && !isAddress(word))
  return needed || Option.isSome(dialling.site) ? bookOf(dialling.site) : Effect.undefined
}

const contextOf = (book: Book | undefined): Target.Context =>
  book === undefined ? {} : { devices: book.names, site: book.file }

/** The hosts of a target. */
const hostsOf = (target: Target.Target, dialling: Dialling, book: Book | undefined) =>
  Effect.gen(function* () {
    const credentials = yield* credentialsOf(dialling)
    const named = (names: ReadonlyArray<string>, from: Book | undefined) =>
      Effect.forEach(names, (name) => from!.host(name, credentials))
    switch (target._tag) {
      case "Address": {
        const { address, isHost } = target
        const meant = isHost && book !== undefined ? book : undefined
        return [hostAt(address, credentials, meant)]
      }
      case "Device":
        return yield* named([target.device], book)
      case "Devices":
        return yield* named(
          (book?.names ?? []).filter((name) => Client.matches(target.glob, name)),
          book
        )
      case "Expression":
        if (book === undefined)
          return yield* cannotRun(
            `${target.text} is a regular expression over device/sensor of a site file; name one with --site FILE or KATCP_SITE`
          )
        return yield* named(book.names, book)
      case "SiteFile": {
        const from = target.text === book?.file ? book : yield* readSite({ file: target.text, trusted: true })
        return yield* named(from.names, from)
      }
    }
  })

/** Which sensors of a host a target means. */
const wantedOf = (target: Target.Target, host: Host): Effect.Effect<ReadonlyArray<Wanted>, Failure> => {
  const compiled = <A>(effect: Effect.Effect<A, Target.BadTarget>) =>
    Effect.mapError(effect, ({ message }) => cannotRun(message))
  switch (target._tag) {
    case "SiteFile":
      return Effect.succeed([])
    case "Expression":
      return Effect.map(compiled(Target.compile(target)), (matches) => [
        {
          pattern: target.text,
          filter: (name: string) => matches(host.device ?? host.text, name),
          anywhere: target.text
        }
      ])
    default: {
      const anywhere = target._tag === "Devices" ? target.text : undefined
      return Effect.forEach(target.sensors, ({ kind, text }) =>
        kind === "expression"
          ? Effect.map(
              compiled(Target.compileSensors({ kind, text })),
              (filter): Wanted => ({ pattern: text, filter, anywhere })
            )
          : Effect.succeed<Wanted>({ pattern: text, filter: text, anywhere })
      )
    }
  }
}

/** The devices that words mean, each once, with the sensors that are meant of it. */
export const aimsOf = (
  dialling: Dialling,
  given: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Aim>, Failure, Output> =>
  Effect.suspend(() => aimsGiven(dialling, withServer(given, process.env.KATCP_SERVER)))

/** The same of words that have the device of the environment already. */
export const aimsGiven = (
  dialling: Dialling,
  words: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Aim>, Failure, Output> =>
  Effect.gen(function* () {
    if (words.length === 0) return yield* cannotRun(saidWhich)
    const book = yield* bookFor(dialling, words)
    const targets = yield* failing(Target.parse(words, contextOf(book)))
    const aims = new Map<string, { readonly host: Host; wanted: ReadonlyArray<Wanted> }>()
    for (const target of targets)
      for (const host of yield* hostsOf(target, dialling, book)) {
        const wanted = yield* wantedOf(target, host)
        const known = aims.get(host.text)
        if (known === undefined) aims.set(host.text, { host, wanted })
        else known.wanted = known.wanted.length === 0 || wanted.length === 0 ? [] : [...known.wanted, ...wanted]
      }
    const found = [...aims.values()]
    yield* checkCredentials(
      dialling,
      found.map(({ host }) => host)
    )
    return found
  })

/** Flags for TLS that no device needs are a mistake: the connection would not be what the user believes. */
const checkCredentials = (dialling: Dialling, hosts: ReadonlyArray<Host>): Effect.Effect<void, Failure> => {
  const isSecure = hosts.some(({ address }) => address._tag !== "Unix" && address.secure)
  return areGiven(dialling) && !isSecure
    ? cannotRun(
        `${hosts[0]?.where ?? "it"} is dialled without TLS: --ca, --cert, --key and --server-name are for katcps:// and wss://`
      )
    : Effect.void
}

/** The devices that a word means, whose sensors are not asked for: a device, a glob over devices, an address or a host. */
export const hostsNamed = (dialling: Dialling, word: string): Effect.Effect<ReadonlyArray<Host>, Failure, Output> =>
  Effect.gen(function* () {
    const book = yield* bookFor(dialling, [word])
    const target = yield* failing(Target.parseWord(word, contextOf(book), true))
    if ("sensors" in target && target.sensors.length > 0)
      return yield* cannotRun(`${word} is a sensor; this takes devices: write ${word.slice(0, word.indexOf("/"))}`)
    const hosts = yield* hostsOf(target, dialling, book)
    yield* checkCredentials(dialling, hosts)
    return hosts
  })

/** The devices that all words mean, each once, for commands that do not ask for sensors. */
export const devicesOf = (
  dialling: Dialling,
  given: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Host>, Failure, Output> =>
  Effect.gen(function* () {
    const words = withServer(given, given.length === 0 ? process.env.KATCP_SERVER : undefined)
    if (words.length === 0) return yield* cannotRun(saidWhich)
    const hosts = (yield* Effect.forEach(words, (word) => hostsNamed(dialling, word))).flat()
    return [...new Map(hosts.map((host) => [host.text, host])).values()]
  })

/** The device that a word names. */
export const hostNamed = (dialling: Dialling, word: string): Effect.Effect<Host, Failure, Output> =>
  Effect.gen(function* () {
    const [host, ...more] = yield* hostsNamed(dialling, word)
    if (host === undefined) return yield* cannotRun(`${word} stands for no device`)
    if (more.length > 0)
      return yield* cannotRun(
        `${word} stands for ${[host, ...more]
          .map(({ text }) => text)
          .slice(0, 4)
          .join(", ")}${more.length > 3 ? ", …" : ""}; this takes one device`
      )
    return host
  })

/** The device that is meant, which is the first word or that of the environment, and the words that are left. */
export const hostOf = (
  dialling: Dialling,
  words: ReadonlyArray<string>
): Effect.Effect<{ readonly host: Host; readonly rest: ReadonlyArray<string> }, Failure, Output> =>
  Effect.gen(function* () {
    const [first, ...rest] = withServer(words, process.env.KATCP_SERVER)
    if (first === undefined) return yield* cannotRun(saidWhich)
    return { host: yield* hostNamed(dialling, first), rest }
  })
