/** The devices and sensors in the words of a command. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Result from "effect/Result"
import * as Client from "../../Client/index.ts"
import { Target } from "../../Site/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import { type Book, bookOf, readSite } from "./book.ts"
import { areGiven, credentialsOf, type Secured } from "./credentials.ts"
import { type Host, hostAt, withServer } from "./host.ts"
import type { Wanted } from "./waiting.ts"

/** The dialling options: TLS, and the source of device names. */
export interface Dialling extends Secured {
  readonly site: Option.Option<string>
}

/** A device, and its selected sensors. */
export interface Aim {
  readonly host: Host
  /** Empty for all sensors. */
  readonly wanted: ReadonlyArray<Wanted>
}

const saidWhich = "name a device: HOST or HOST:PORT, or set KATCP_SERVER in the environment"

const failing = <A, E extends { readonly message: string }>(result: Result.Result<A, E>): Effect.Effect<A, Failure> =>
  Effect.mapError(Effect.fromResult(result), ({ message }) => cannotRun(message))

/** Returns `true` for a word that is an address, independent of the address book. */
const isAddress = (word: string): boolean => !word.startsWith("/") && word.includes(":")

const isSiteFile = (word: string): boolean => !word.startsWith("/") && /\.(?:ya?ml|toml|json)$/i.test(word)

/** Returns the address book for these words. A site file as the first word also applies to the others. */
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

/** Returns the hosts of a target. */
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

/** Returns the sensors of a host that a target selects. */
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

/** Returns the devices of the words, each once, with their selected sensors. */
export const aimsOf = (
  dialling: Dialling,
  given: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Aim>, Failure, Output> =>
  Effect.suspend(() => aimsGiven(dialling, withServer(given, process.env.KATCP_SERVER)))

/** Returns the devices of words that already include the device of the environment. */
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

/** Fails for TLS flags that no device uses: the connection would not be what the user expects. */
const checkCredentials = (dialling: Dialling, hosts: ReadonlyArray<Host>): Effect.Effect<void, Failure> => {
  const isSecure = hosts.some(({ address }) => address._tag !== "Unix" && address.secure)
  return areGiven(dialling) && !isSecure
    ? cannotRun(
        `${hosts[0]?.where ?? "it"} is dialled without TLS: --ca, --cert, --key and --server-name are for katcps:// and wss://`
      )
    : Effect.void
}

/** Returns the devices of a word, and the address book if the word is a site file. */
const hostsAndFile = (dialling: Dialling, word: string) =>
  Effect.gen(function* () {
    const book = yield* bookFor(dialling, [word])
    const target = yield* failing(Target.parseWord(word, contextOf(book), true))
    if ("sensors" in target && target.sensors.length > 0)
      return yield* cannotRun(
        `${word} is a sensor; this command needs devices: write ${word.slice(0, word.indexOf("/"))}`
      )
    const hosts = yield* hostsOf(target, dialling, book)
    yield* checkCredentials(dialling, hosts)
    return { hosts, file: target._tag === "SiteFile" ? book : undefined }
  })

/** Returns the devices of a word, without sensors: a device, a glob over devices, an address or a host. */
export const hostsNamed = (dialling: Dialling, word: string): Effect.Effect<ReadonlyArray<Host>, Failure, Output> =>
  Effect.map(hostsAndFile(dialling, word), ({ hosts }) => hosts)

/**
 * Returns the devices of a word, for commands that serve them. The sections of a site file have settings of such
 * services, which only `katcp serve` reads: a note says so.
 */
export const hostsServed = (dialling: Dialling, word: string): Effect.Effect<ReadonlyArray<Host>, Failure, Output> =>
  Effect.gen(function* () {
    const { file, hosts } = yield* hostsAndFile(dialling, word)
    if (file !== undefined && file.sections.length > 0)
      yield* (yield* Output).note(
        visible(
          `katcp: using only the devices of ${file.file}; to run its sections (${file.sections.join(", ")}) too, use katcp serve ${file.file}`
        )
      )
    return hosts
  })

/** Returns the devices of all words, each once, for commands without sensors. */
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

/** Returns the device of a word. */
export const hostNamed = (dialling: Dialling, word: string): Effect.Effect<Host, Failure, Output> =>
  Effect.gen(function* () {
    const [host, ...more] = yield* hostsNamed(dialling, word)
    if (host === undefined) return yield* cannotRun(`no device matches ${word}`)
    if (more.length > 0)
      return yield* cannotRun(
        `${word} matches ${[host, ...more]
          .map(({ text }) => text)
          .slice(0, 4)
          .join(", ")}${more.length > 3 ? ", …" : ""}; this command takes one device`
      )
    return host
  })

/** Returns the device, which is the first word or that of the environment, and the remaining words. */
export const hostOf = (
  dialling: Dialling,
  words: ReadonlyArray<string>
): Effect.Effect<{ readonly host: Host; readonly rest: ReadonlyArray<string> }, Failure, Output> =>
  Effect.gen(function* () {
    const [first, ...rest] = withServer(words, process.env.KATCP_SERVER)
    if (first === undefined) return yield* cannotRun(saidWhich)
    return { host: yield* hostNamed(dialling, first), rest }
  })
