/** Opens the database of a fleet, and reads its contents. */
import * as Context from "effect/Context"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type FleetFailed, FleetStore, isDatabase, type Placement, type RunnerEntry } from "../../../Fleet/index.ts"
import { layerPostgres, timesOf } from "../../../Fleet/node/index.ts"
import { causeOf } from "../../../Message/index.ts"
import { loadSite } from "../../../Serve/index.ts"
import { namesOf } from "../../../Site/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"

/** The flag for the fleet. */
export const fleetFlag = Flag.String("fleet").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The fleet: its site file, or postgres://USER@HOST/DATABASE; default: KATCP_FLEET"),
  Flag.optional
)

/** Explains a failure of the database. */
export const explainFleet = (error: FleetFailed): Failure => cannotRun(error.message)

/** Opens the database of a fleet, until the scope closes. */
export const openFleet = (given: Option.Option<string>): Effect.Effect<FleetStore["Service"], Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const word = Option.getOrElse(given, () => process.env.KATCP_FLEET ?? "")
    if (word === "")
      return yield* cannotRun(
        "name the fleet: --fleet site.yaml or --fleet postgres://USER@HOST/DATABASE, or set KATCP_FLEET"
      )
    if (/^postgres/.test(word) && !isDatabase(word))
      // the word may have a password
      return yield* cannotRun(
        "the address of the database is malformed, or has no host or no database: write postgres://USER@HOST/DATABASE"
      )
    let database = word
    let expiration: number | undefined
    if (!/^postgres(?:ql)?:\/\//.test(word)) {
      const site = yield* Effect.mapError(loadSite(word), ({ lines: [first = "", ...more] }) => cannotRun(first, more))
      if (site.fleet?.database === undefined)
        return yield* cannotRun(
          `${word} has no database (fleet.database): a fleet of one process has the devices of its file, so edit the file`
        )
      database = site.fleet.database
      expiration = timesOf(site.fleet).lockExpiration
    }
    const context = yield* Effect.mapError(
      Layer.build(layerPostgres(database, { program: "command", expiration })),
      explainFleet
    )
    return Context.get(context, FleetStore)
  })

/** The current state of a fleet. */
export interface Picture {
  readonly devices: ReadonlyMap<string, Placement>
  readonly runners: ReadonlyMap<string, RunnerEntry>
}

/** Reads the state of a fleet. */
export const pictureOf = (store: FleetStore["Service"]): Effect.Effect<Picture, Failure> =>
  Effect.map(Effect.mapError(store.read(), explainFleet), ({ changed, runners }) => ({
    devices: new Map(
      [...changed].sort((one, other) => (one.device < other.device ? -1 : 1)).map((one) => [one.device, one])
    ),
    runners: new Map(runners.map((one) => [one.name, one]))
  }))

/** The living runner that holds a device. */
export const holderOf = ({ runner }: Placement, { runners }: Picture): RunnerEntry | undefined => {
  const found = runner === undefined ? undefined : runners.get(runner)
  return found === undefined || found.state === "gone" ? undefined : found
}

/**
 * Returns the devices that match names, globs and regular expressions of names. Fails for a word that matches none, and
 * for one that also names sensors: a fleet has whole devices.
 */
export const devicesNamed = (
  words: ReadonlyArray<string>,
  { devices }: Picture
): Effect.Effect<ReadonlyArray<string>, Failure> =>
  Effect.gen(function* () {
    const found = new Set<string>()
    for (const word of words) {
      if (word.indexOf("/") > 0)
        return yield* cannotRun(
          `${JSON.stringify(word)} names sensors of a device; name whole devices, like ${word.slice(0, word.indexOf("/"))}`
        )
      const { matches } = yield* Effect.try({ try: () => namesOf(word), catch: (cause) => cannotRun(causeOf(cause)) })
      const matching = [...devices.keys()].filter(matches)
      if (matching.length === 0)
        return yield* cannotRun(`the fleet has no device ${JSON.stringify(word)}; katcp fleet ls lists them`)
      for (const device of matching) found.add(device)
    }
    return [...found]
  })

/** Formats labels: `site=a rack=2`. */
export const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ")

const labelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const labelValue = /^\P{Cc}{0,256}$/u

/** Parses labels: `site=a`. */
export const labelsOf = (words: ReadonlyArray<string>): Effect.Effect<Record<string, string>, Failure> =>
  Effect.gen(function* () {
    const labels: Record<string, string> = {}
    for (const word of words) {
      const at = word.indexOf("=")
      const [name, value] = [word.slice(0, at), word.slice(at + 1)]
      if (at < 1 || !labelName.test(name) || !labelValue.test(value))
        return yield* cannotRun(
          `--label ${JSON.stringify(word.slice(0, 80))}: write NAME=VALUE, like site=a; a name has letters, digits, ".", "_" and "-", at most 64, and a value at most 256 characters`
        )
      if (Object.hasOwn(labels, name) && labels[name] !== value)
        return yield* cannotRun(`--label ${name} has two values, ${labels[name]} and ${value}; a label has one`)
      labels[name] = value
    }
    return labels
  })
