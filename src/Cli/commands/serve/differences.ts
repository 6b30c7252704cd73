/** `katcp serve --check` for a fleet: shows the differences between its database and the file. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FleetStore } from "../../../Fleet/index.ts"
import { layerPostgres } from "../../../Fleet/node/index.ts"
import { type Difference, differencesBetween, type SiteFile } from "../../../Serve/index.ts"
import { Output } from "../../show/Output.ts"

const words: Readonly<Record<Difference["event"], string>> = {
  "file only": "is in the file, but not in the fleet: katcp fleet add --from",
  "database only": "is in the fleet, but not in the file: katcp fleet rm",
  other: "differs between the file and the fleet: katcp fleet add --from"
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
