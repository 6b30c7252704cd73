/** The names of runners: each belongs to one runner at a time. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { ReadDirectory } from "./Directory.ts"
import type { FleetFailed } from "./errors.ts"
import type { FleetStore, Signature } from "./FleetStore.ts"
import type { RunnerAddresses } from "./model.ts"

/** The runner that has a name. */
export interface NameHolder {
  readonly name: string
  /** `HOST:PORT` of its cluster. */
  readonly cluster: string
  /** When it was started, in milliseconds since 1970; `undefined` if a former version of this library has started it. */
  readonly started: number | undefined
}

const whereAndSince = ({ cluster, started }: NameHolder): string =>
  `at ${cluster}${started === undefined ? "" : `, since ${DateTime.formatIso(DateTime.makeUnsafe(started)).replace(/\.\d+/, "")}`}`

const remedy = "Give each runner a name of its own (fleet.name, --name)"

/** Another runner has the name, and is alive. */
export const takenText = (holder: NameHolder): string =>
  `the name ${holder.name} belongs to another runner of this fleet, ${whereAndSince(holder)}. ${remedy}, or stop that one first`

/** A later runner has the name; `undefined`: it is not known which. */
export const replacedText = (runner: string, holder: NameHolder | undefined): string => {
  const place = holder === undefined ? "" : `, ${whereAndSince(holder)}`
  return `another runner with the name ${runner} was started after this one${place}. ${remedy}`
}

/** The milliseconds between two attempts to take a name. Not measured: short compared with the life of a heartbeat. */
const lookEvery = 500

/**
 * Takes a name for a runner. While another runner has it, waits until it is known if that one is alive: if it sends a
 * heartbeat, this fails with `taken`; if it does not, the name is free when the other one counts as gone. A runner that
 * was killed and starts at its former address has its name at once.
 */
export const takeName = (
  store: FleetStore["Service"],
  name: string,
  addresses: RunnerAddresses,
  { directory, refresh }: ReadDirectory
): Effect.Effect<Signature, FleetFailed> =>
  Effect.gen(function* () {
    let former: number | undefined
    while (true) {
      const taken = yield* Effect.result(store.enlist(name, addresses))
      if (taken._tag === "Success") return taken.success
      const error = taken.failure
      if (error.why !== "taken") return yield* error
      yield* refresh
      const age = directory.runners().get(name)?.age ?? 0
      if (former === undefined)
        yield* Effect.logWarning(`fleet: ${error.message}. This runner waits in case the other one has ended`)
      else if (age < former) return yield* error
      former = age
      yield* Effect.sleep(lookEvery)
    }
  })
