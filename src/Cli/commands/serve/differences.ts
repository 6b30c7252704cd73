/** `katcp serve --check` for a fleet: shows the differences between its database and the file. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FleetStore } from "../../../Fleet/index.ts"
import { layerPostgres } from "../../../Fleet/node/index.ts"
import type { SiteFile } from "../../../Serve/index.ts"
import { Output } from "../../show/Output.ts"

/** A device that differs between file and database. */
interface Difference {
  readonly device: string
  readonly event: "file only" | "database only" | "other"
}

const words: Readonly<Record<Difference["event"], string>> = {
  "file only": "is in the file, but not in the fleet: katcp fleet add --from",
  "database only": "is in the fleet, but not in the file: katcp fleet rm",
  other: "differs between the file and the fleet: katcp fleet add --from"
}

/** Returns the devices that differ between the file and the fleet. */
const differencesBetween = (
  written: Readonly<Record<string, unknown>>,
  wished: ReadonlyMap<string, unknown>
): ReadonlyArray<Difference> => {
  const same = (one: unknown, other: unknown) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
  return [
    ...Object.entries(written).flatMap(([device, section]): ReadonlyArray<Difference> => {
      if (!wished.has(device)) return [{ device, event: "file only" }]
      return same(section, wished.get(device)) ? [] : [{ device, event: "other" }]
    }),
    ...[...wished.keys()]
      .filter((device) => !Object.hasOwn(written, device))
      .map((device): Difference => ({ device, event: "database only" }))
  ]
}

/** Sorts the keys of data, because a database has its own order. */
const sorted = (data: unknown): unknown => {
  if (Array.isArray(data)) return data.map(sorted)
  if (typeof data !== "object" || data === null) return data
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]) => [key, sorted(value)] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1))
  )
}

/**
 * Shows the differences between a file and its fleet. A database that does not answer, or has no fleet yet, is not an
 * error.
 */
export const showDifferences = (
  file: string,
  { fleet }: SiteFile,
  written: Readonly<Record<string, unknown>>,
  json: boolean
): Effect.Effect<void, never, Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    if (fleet?.database === undefined) return
    const read = yield* Layer.build(layerPostgres(fleet.database, { program: "check", makes: false })).pipe(
      Effect.flatMap((context) => Context.get(context, FleetStore).read()),
      Effect.scoped,
      Effect.result
    )
    if (read._tag === "Failure") {
      const { message } = read.failure
      return yield* json
        ? output.json({ event: "fleet", error: message })
        : output.line(output.paint("yellow", `the fleet was not compared: ${message}`))
    }
    const wished = new Map(read.success.changed.map(({ device, section }) => [device, section]))
    const found = differencesBetween(written, wished)
    if (json) {
      for (const { device, event } of found) yield* output.json({ event: "difference", device, difference: event })
      return
    }
    if (found.length === 0) return yield* output.line(`the fleet has the same ${wished.size} devices`)
    yield* output.line("the fleet differs from this file, and its database decides:")
    for (const { device, event } of found) {
      const command = event === "database only" ? ` ${device}` : ` ${file} ${device}`
      yield* output.line(`  ${device} ${words[event]}${command}`)
    }
  })
