/** Changes the devices of a fleet: `katcp fleet add` and `katcp fleet rm`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Wish } from "../../../Fleet/index.ts"
import { foreignReferences, resolveDevice, writtenDevices } from "../../../Serve/index.ts"
import { Target } from "../../../Site/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { Output } from "../../show/Output.ts"
import { devicesNamed, explainFleet, fleetFlag, labelsOf, openFleet, pictureOf } from "./store.ts"

const config = {
  words: flags.words(
    "NAME ADDRESS",
    "The name of the device and its address; with --from, names of devices of that file"
  ),
  from: Flag.String("from").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Take devices with their settings from a site file: the named ones, or all"),
    Flag.optional
  ),
  label: Flag.String("label").pipe(
    Flag.withAlias("l"),
    Flag.withMetavar("NAME=VALUE"),
    Flag.withDescription("A label of the devices. May be repeated"),
    Flag.atLeast(0)
  ),
  fleet: fleetFlag,
  json: flags.json
}

/** The devices of the words: one with its address, or those of a file. */
const wishedBy = (
  words: ReadonlyArray<string>,
  from: Option.Option<string>
): Effect.Effect<Readonly<Record<string, unknown>>, Failure> =>
  Effect.gen(function* () {
    if (Option.isNone(from)) {
      const [name, address, ...more] = words
      if (name === undefined || address === undefined || more.length > 0)
        return yield* cannotRun("name one device and its address: katcp fleet add m000 10.0.0.1:7147")
      if (!Target.isDeviceName(name))
        return yield* cannotRun(
          `${JSON.stringify(name)} is not a name of a device: a letter, then letters, digits and "-", at most 64 in all`
        )
      return { [name]: address }
    }
    const written = yield* Effect.mapError(writtenDevices(from.value), ({ lines: [first = "", ...rest] }) =>
      cannotRun(first, rest)
    )
    if (words.length === 0) return written
    const chosen: Record<string, unknown> = {}
    for (const name of words) {
      if (!Object.hasOwn(written, name)) return yield* cannotRun(`${from.value} has no device ${JSON.stringify(name)}`)
      chosen[name] = written[name]
    }
    return chosen
  })

/** `katcp fleet add`. */
export const add = Command.make(
  "add",
  config,
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const wished = yield* wishedBy(input.words, input.from)
    const labels = yield* labelsOf(input.label)
    for (const [device, section] of Object.entries(wished)) {
      const [foreign] = foreignReferences({ [device]: section })
      if (foreign !== undefined) return yield* cannotRun(`${foreign.path}: ${foreign.message}`)
      // variables of the environment and files of certificates belong to the runners
      if (/"tls":|\$\{env:/.test(JSON.stringify(section))) continue
      const checked = resolveDevice("fleet", device, section)
      if (Result.isFailure(checked)) return yield* cannotRun(checked.failure)
    }
    const store = yield* openFleet(input.fleet)
    const { devices } = yield* pictureOf(store)
    const wishes = Object.entries(wished).map(
      ([device, section]): Wish => ({
        device,
        section,
        labels: input.label.length > 0 ? labels : (devices.get(device)?.labels ?? {})
      })
    )
    yield* Effect.mapError(store.put(wishes), explainFleet)
    for (const { device } of wishes) {
      const what = devices.has(device) ? "changed" : "added"
      yield* input.json ? output.json({ device, event: what }) : output.line(`${device} ${what}`)
    }
  }, Effect.scoped)
).pipe(
  Command.withDescription("Add devices to a fleet, or change them; a runner connects to them within a second or two"),
  Command.withExamples([
    { command: "katcp fleet add m000 10.0.0.1:7147 --label site=a", description: "One device" },
    { command: "katcp fleet add --from site.yaml", description: "All devices of a site file" }
  ])
)

/** `katcp fleet rm`. */
export const rm = Command.make(
  "rm",
  { words: flags.words("NAME", "The devices: names or globs"), fleet: fleetFlag, json: flags.json },
  Effect.fnUntraced(function* ({ fleet, json, words }) {
    const output = yield* Output
    if (words.length === 0) return yield* cannotRun("name devices: katcp fleet rm m000")
    const store = yield* openFleet(fleet)
    const names = yield* devicesNamed(words, yield* pictureOf(store))
    const removed = yield* Effect.mapError(store.remove(names), explainFleet)
    for (const device of removed)
      yield* json ? output.json({ device, event: "removed" }) : output.line(`${device} removed`)
  }, Effect.scoped)
).pipe(
  Command.withDescription("Remove devices from a fleet; their history stays"),
  Command.withExamples([
    { command: "katcp fleet rm 'old-*'", description: "All devices with names that begin with old-" }
  ])
)
