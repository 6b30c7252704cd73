/**
 * Targets: words for the sensors of devices, in the command, the site file and the API.
 *
 * The first matching rule gives the meaning of a word:
 * 1. A word that begins with `/` is a regular expression over `device/sensor`: `/^m0.*\/rx/`.
 * 2. A word that ends in `.yaml`, `.yml`, `.toml` or `.json` is a site file: all of its devices.
 * 3. A word with a colon is an address of a device ({@link DeviceAddress}).
 * 4. Any other is a device of the site file, or a glob over its devices, up to the first `/`, followed by a sensor or a
 *    glob over sensors: `m000`, `m000/rx.temp`, `m0*`, `m0*\/rx.*`.
 * 5. The first word, if no other rule matches, is the name of a host.
 *
 * If the first word is one whole device (a device, an address or a host), the words after it are names, globs or
 * regular expressions of its sensors. Words with a colon, or with a `/` that is not their first character, are targets
 * of their own.
 *
 * The parser is pure. Regular expressions are compiled by {@link compile}.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { matches as globMatches } from "../Client/index.ts"
import { didYouMean } from "../Message/index.ts"
import * as Sensor from "../Sensor/index.ts"
import * as DeviceAddress from "./DeviceAddress.ts"

/**
 * A pattern of sensors of a device: a name, a glob (`*` for any text, `?` for one character), or a regular expression
 * that matches a part of the name. `text` is the text of the user.
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorPattern {
  readonly kind: "name" | "glob" | "expression"
  readonly text: string
}

/**
 * A parsed target. Empty `sensors` stand for all sensors.
 *
 * @category models
 * @since 0.1.0
 */
export type Target =
  /** A regular expression over `device/sensor`, with its slashes. */
  | { readonly _tag: "Expression"; readonly text: string }
  | { readonly _tag: "SiteFile"; readonly text: string }
  /** A device at an address; `isHost` if the word was read as a host because no other rule matched. */
  | {
      readonly _tag: "Address"
      readonly text: string
      readonly address: DeviceAddress.DeviceAddress
      readonly isHost: boolean
      readonly sensors: ReadonlyArray<SensorPattern>
    }
  /** One device of the site. */
  | {
      readonly _tag: "Device"
      readonly text: string
      readonly device: string
      readonly sensors: ReadonlyArray<SensorPattern>
    }
  /** Devices of the site whose name a glob matches. */
  | {
      readonly _tag: "Devices"
      readonly text: string
      readonly glob: string
      readonly sensors: ReadonlyArray<SensorPattern>
    }

/**
 * A word that is not a target.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadTarget extends Schema.TaggedError<BadTarget>("katcp/Site/BadTarget")("BadTarget", {
  message: Schema.String
}) {}

/**
 * The context for reading words.
 *
 * @category models
 * @since 0.1.0
 */
export interface Context {
  /** The names of the site's devices; `undefined` if there is no site. */
  readonly devices?: Iterable<string> | undefined
  /** The origin of the site, for errors: `site.yaml`. */
  readonly site?: string | undefined
}

const fault = (message: string): Result.Result<never, BadTarget> => Result.fail(new BadTarget({ message }))

/** Words with these extensions are site files. */
const siteFile = /\.(?:ya?ml|toml|json)$/i
/** A device of the site, or a glob over them. */
const deviceGlob = /^[A-Za-z*?][A-Za-z0-9*?-]*$/

/**
 * Returns `true` for the name of a device: a letter, then letters, digits and `-`, at most 64 in all.
 *
 * @category guards
 * @since 0.1.0
 */
export const isDeviceName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(text)

const isGlob = (text: string): boolean => /[*?]/.test(text)

/** A regular expression with the slash at its end, which is optional. */
const closed = (text: string): string => (text.endsWith("/") ? text : `${text}/`)

/**
 * Parses a pattern of sensors of one device: `rx.temp`, `rx.*` or `/temp/`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const sensorPattern = (text: string): Result.Result<SensorPattern, BadTarget> => {
  if (!text.startsWith("/")) return Result.succeed({ kind: isGlob(text) ? "glob" : "name", text })
  return text.length > 1
    ? Result.succeed({ kind: "expression", text: closed(text) })
    : fault(`"/" is not a regular expression; write /temp/`)
}

/**
 * Returns `true` for a word that is always a target of its own, and never a sensor of the device before it.
 *
 * @category guards
 * @since 0.1.0
 */
export const standsAlone = (word: string): boolean => !word.startsWith("/") && /[:/]/.test(word)

/**
 * Parses one word; `isFirst` if it may be the name of a host. {@link parse} handles the words after it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parseWord = (
  word: string,
  { devices, site = "the site" }: Context,
  isFirst: boolean
): Result.Result<Target, BadTarget | DeviceAddress.BadAddress> => {
  if (word.startsWith("/")) {
    if (siteFile.test(word))
      return fault(
        `${JSON.stringify(word)} is not a target: text that begins with / is a regular expression; write --site ${word}`
      )
    return word.length > 1
      ? Result.succeed({ _tag: "Expression", text: closed(word) })
      : fault(`"/" is not a regular expression over device/sensor; write /temp/`)
  }
  if (siteFile.test(word)) return Result.succeed({ _tag: "SiteFile", text: word })
  if (word.includes(":")) return Result.map(DeviceAddress.parse(word), atAddress(word, false))
  const slash = word.indexOf("/")
  const [device, sensor] = slash === -1 ? [word, undefined] : [word.slice(0, slash), word.slice(slash + 1)]
  const names = devices === undefined ? undefined : [...devices]
  if (sensor === "") return fault(`${JSON.stringify(word)} is not a target: name the sensors; write ${device}/*`)
  const sensors = sensor === undefined ? [] : [{ kind: isGlob(sensor) ? "glob" : "name", text: sensor } as const]
  if (names?.includes(device)) return Result.succeed({ _tag: "Device", text: word, device, sensors })
  if (isGlob(device)) {
    if (!deviceGlob.test(device))
      return fault(
        `${JSON.stringify(word)} is not a glob over devices, whose names have letters, digits and -; for sensors of all devices write */${word}`
      )
    if (names === undefined) return fault(`${JSON.stringify(word)} is a pattern for devices of a site file; ${noSite}`)
    if (names.some((name) => globMatches(device, name)))
      return Result.succeed({ _tag: "Devices", text: word, glob: device, sensors })
    return fault(`no device of ${site} matches ${device}${listed(names)}`)
  }
  if (isFirst && sensor === undefined) return Result.map(DeviceAddress.parse(word), atAddress(word, true))
  if (names === undefined)
    return fault(
      sensor === undefined
        ? `${JSON.stringify(word)} is not a target: ${noSite}`
        : `${device} is not a device of a site file; ${noSite}, or write ${device} ${sensor} for the host of that name`
    )
  const meant = didYouMean(device, names)
  return fault(`${site} has no device ${JSON.stringify(device)}${meant === "" ? listed(names) : meant}`)
}

const noSite = "name one with --site FILE or KATCP_SITE"

const listed = (names: ReadonlyArray<string>): string =>
  names.length === 0
    ? "; it has no devices"
    : `; it has ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`

const atAddress =
  (text: string, isHost: boolean) =>
  (address: DeviceAddress.DeviceAddress): Target => ({ _tag: "Address", text, address, isHost, sensors: [] })

/**
 * Parses the words of a command line as targets. Fails at the first word that is not a target.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import { Target } from "katcp/Site"
 *
 * export const targets = Result.getOrThrow(Target.parse(["m000", "rx.*", "m001/wind"], { devices: ["m000", "m001"] }))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (
  words: ReadonlyArray<string>,
  context: Context = {}
): Result.Result<ReadonlyArray<Target>, BadTarget | DeviceAddress.BadAddress> =>
  Result.gen(function* () {
    const [word, ...rest] = words
    if (word === undefined) return []
    const first = yield* parseWord(word, context, true)
    const isWhole = (first._tag === "Address" || first._tag === "Device") && first.sensors.length === 0
    const sensors: Array<SensorPattern> = []
    const others: Array<Target> = []
    for (const one of rest)
      if (isWhole && !standsAlone(one)) sensors.push(yield* sensorPattern(one))
      else others.push(yield* parseWord(one, context, false))
    return [isWhole ? { ...first, sensors } : first, ...others]
  })

/**
 * Returns `true` for the sensors of a target.
 *
 * @category models
 * @since 0.1.0
 */
export type Matches = (device: string, sensor: string) => boolean

/**
 * Compiles a target into a predicate for sensors. Regular expressions are those of RE2, so matching takes linear time.
 * It does not check the name of a device at an address. Fails with {@link BadTarget} if an expression is malformed.
 *
 * @category matching
 * @since 0.1.0
 */
export const compile = (target: Target): Effect.Effect<Matches, BadTarget> => {
  switch (target._tag) {
    case "Expression":
      return Effect.map(expression(target.text), (matches) => (device, sensor) => matches(`${device}/${sensor}`))
    case "SiteFile":
      return Effect.succeed(() => true)
    default: {
      const { sensors } = target
      const fits =
        target._tag === "Device"
          ? (device: string) => device === target.device
          : target._tag === "Devices"
            ? (device: string) => globMatches(target.glob, device)
            : () => true
      return Effect.map(
        Effect.forEach(sensors, compileSensors),
        (filters) => (device, sensor) =>
          fits(device) && (filters.length === 0 || filters.some((matches) => matches(sensor)))
      )
    }
  }
}

/**
 * Compiles a pattern of sensors into a predicate for their names.
 *
 * @category matching
 * @since 0.1.0
 */
export const compileSensors = ({ kind, text }: SensorPattern): Effect.Effect<(name: string) => boolean, BadTarget> => {
  if (kind === "expression") return expression(text)
  return Effect.succeed(kind === "name" ? (name) => name === text : (name) => globMatches(text, name))
}

const expression = (text: string): Effect.Effect<(name: string) => boolean, BadTarget> =>
  Sensor.nameFilter(text).pipe(
    Effect.map((filter) => (filter._tag === "Pattern" ? filter.matches : () => false)),
    Effect.mapError(({ detail }) => new BadTarget({ message: `${text} is not a regular expression: ${detail}` }))
  )
