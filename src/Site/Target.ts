/**
 * Targets: what a user writes for the sensors of devices, in the command, the site file and the API.
 *
 * A word is read by these rules, the first that fits:
 * 1. A word that begins with `/` is a regular expression over `device/sensor`: `/^m0.*\/rx/`.
 * 2. A word that ends in `.yaml`, `.yml`, `.toml` or `.json` is a site file: all of its devices.
 * 3. A word with a colon is an address of a device ({@link DeviceAddress}).
 * 4. Any other is a device of the site file, or a glob over its devices, up to the first `/`, with a sensor or a glob over
 *    sensors behind it: `m000`, `m000/rx.temp`, `m0*`, `m0*\/rx.*`.
 * 5. The first word, if it is none of these, is the name of a host.
 *
 * If the first word is one whole device (a device, an address or a host), the words behind it are names, globs or regular
 * expressions of its sensors. Words with a colon, or with a `/` that is not their first character, are targets of their own.
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
 * Which sensors of a device are meant: one by its name, those that a glob matches (`*` any text, `?` any one character), or
 * those in whose name a regular expression matches somewhere. `text` is what the user has written.
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorPattern {
  readonly kind: "name" | "glob" | "expression"
  readonly text: string
}

/**
 * What one target means. `sensors` that are empty stand for all sensors.
 *
 * @category models
 * @since 0.1.0
 */
export type Target =
  /** A regular expression over `device/sensor`, with its slashes. */
  | { readonly _tag: "Expression"; readonly text: string }
  | { readonly _tag: "SiteFile"; readonly text: string }
  /** A device at an address; `isHost` if the word was taken for a host because it was nothing else. */
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
 * A word that is no target.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadTarget extends Schema.TaggedError<BadTarget>("katcp/Site/BadTarget")("BadTarget", {
  message: Schema.String
}) {}

/**
 * What words are read against.
 *
 * @category models
 * @since 0.1.0
 */
export interface Context {
  /** The names of the site's devices; `undefined` if there is no site. */
  readonly devices?: Iterable<string> | undefined
  /** Where the site comes from, as errors name it: `site.yaml`. */
  readonly site?: string | undefined
}

const fault = (message: string): Result.Result<never, BadTarget> => Result.fail(new BadTarget({ message }))

/** What ends in one of these is a site file. */
const siteFile = /\.(?:ya?ml|toml|json)$/i
/** A device of the site, or a glob over them. */
const deviceGlob = /^[A-Za-z*?][A-Za-z0-9*?-]*$/

/**
 * Returns `true` for the name of a device: a letter, then letters, digits and `-`.
 *
 * @category guards
 * @since 0.1.0
 */
export const isDeviceName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9-]*$/.test(text)

const isGlob = (text: string): boolean => /[*?]/.test(text)

/** A regular expression with the slash at its end, which may be left out. */
const closed = (text: string): string => (text.endsWith("/") ? text : `${text}/`)

/**
 * Reads which sensors of one device are meant: `rx.temp`, `rx.*` or `/temp/`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const sensorPattern = (text: string): Result.Result<SensorPattern, BadTarget> => {
  if (!text.startsWith("/")) return Result.succeed({ kind: isGlob(text) ? "glob" : "name", text })
  return text.length > 1
    ? Result.succeed({ kind: "expression", text: closed(text) })
    : fault(`"/" is no regular expression; write /temp/`)
}

/**
 * Returns `true` for a word that is a target of its own wherever it stands: it cannot be sensors of the device before it.
 *
 * @category guards
 * @since 0.1.0
 */
export const standsAlone = (word: string): boolean => !word.startsWith("/") && /[:/]/.test(word)

/**
 * Reads one word; `isFirst` if it may be the name of a host. The words behind it are {@link parse}'s business.
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
        `${JSON.stringify(word)} is no target: what begins with / is a regular expression; write --site ${word}`
      )
    return word.length > 1
      ? Result.succeed({ _tag: "Expression", text: closed(word) })
      : fault(`"/" is no regular expression over device/sensor; write /temp/`)
  }
  if (siteFile.test(word)) return Result.succeed({ _tag: "SiteFile", text: word })
  if (word.includes(":")) return Result.map(DeviceAddress.parse(word), atAddress(word, false))
  const slash = word.indexOf("/")
  const [device, sensor] = slash === -1 ? [word, undefined] : [word.slice(0, slash), word.slice(slash + 1)]
  const names = devices === undefined ? undefined : [...devices]
  if (sensor === "") return fault(`${JSON.stringify(word)} is no target: say which sensors; write ${device}/*`)
  const sensors = sensor === undefined ? [] : [{ kind: isGlob(sensor) ? "glob" : "name", text: sensor } as const]
  if (names?.includes(device)) return Result.succeed({ _tag: "Device", text: word, device, sensors })
  if (isGlob(device)) {
    if (!deviceGlob.test(device))
      return fault(
        `${JSON.stringify(word)} is no glob over devices, whose names have letters, digits and -; for such sensors of all devices write */${word}`
      )
    if (names === undefined) return fault(`${JSON.stringify(word)} stands for devices of a site file; ${noSite}`)
    if (names.some((name) => globMatches(device, name)))
      return Result.succeed({ _tag: "Devices", text: word, glob: device, sensors })
    return fault(`no device of ${site} fits ${device}${listed(names)}`)
  }
  if (isFirst && sensor === undefined) return Result.map(DeviceAddress.parse(word), atAddress(word, true))
  if (names === undefined)
    return fault(
      sensor === undefined
        ? `${JSON.stringify(word)} is no target: ${noSite}`
        : `${device} is a device of no site file; ${noSite}, or write ${device} ${sensor} for the host of that name`
    )
  const meant = didYouMean(device, names)
  return fault(`${site} has no device ${JSON.stringify(device)}${meant === "" ? listed(names) : meant}`)
}

const noSite = "name one with --site FILE or KATCP_SITE"

const listed = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? "; it has none" : `; it has ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`

const atAddress =
  (text: string, isHost: boolean) =>
  (address: DeviceAddress.DeviceAddress): Target => ({ _tag: "Address", text, address, isHost, sensors: [] })

/**
 * Reads the words of a command line as targets. Fails at the first word that is none.
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
 * Says which sensors are meant.
 *
 * @category models
 * @since 0.1.0
 */
export type Matches = (device: string, sensor: string) => boolean

/**
 * Makes a target ready to be asked which sensors it means. Regular expressions are those of RE2, so that matching takes
 * linear time. The name of a device at an address is not looked at. Fails with {@link BadTarget} if an expression is none.
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
 * Makes a pattern of sensors ready to be asked about their names.
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
    Effect.mapError(({ detail }) => new BadTarget({ message: `${text} is no regular expression: ${detail}` }))
  )
