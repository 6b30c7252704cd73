import * as Effect from "effect/Effect"
import type { Check, SensorNeed } from "../Check.ts"
import { sensorOf } from "../Device.ts"
import { refused as refusedWith } from "../judge.ts"
import { queried, refuses, sample, sensorWith, strategies, tells } from "./sampling.ts"

/** Sets a strategy with invalid parameters, or for an unsuitable sensor. */
const refused = (
  id: string,
  title: string,
  name: string,
  rows: string,
  words: () => ReadonlyArray<string>,
  need: SensorNeed = strategies[name]!.need
): Check => {
  const strategy = strategies[name]!
  return {
    id,
    title: `${title} fails, and leaves the strategy unchanged`,
    clause: "Rev 5.1 §7.2",
    rows: `P-217, ${rows}`,
    needs: { sensor: need, ...(strategy.major === undefined ? {} : { major: strategy.major }) },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorOf(device, need)
      const fitting = yield* sensorWith(device, strategy)
      const quiet = strategy.quiet(device)
      const client = yield* device.connect
      // a device without the strategy refuses it for another reason
      yield* sample(client, fitting, name, ...quiet)
      yield* sample(client, sensor, "none")
      yield* refuses(client, sensor.name, name, ...words())
      yield* queried(client, sensor, "none")
    })
  }
}

/**
 * Sets a strategy with surplus parameters. A device may ignore them: it then has, and reports, the strategy without.
 */
const excess = (
  id: string,
  title: string,
  name: string,
  words: (quiet: ReadonlyArray<string>) => ReadonlyArray<string>,
  surplus: string
): Check => {
  const strategy = strategies[name]!
  return {
    id,
    title: `${title} fails and leaves the strategy unchanged, or the surplus is ignored`,
    clause: "Rev 5.1 §7.2",
    rows: "P-217, P-229, Q-01",
    note: "The specification does not say if surplus arguments are refused",
    needs: { sensor: strategy.need, ...(strategy.major === undefined ? {} : { major: strategy.major }) },
    run: Effect.fnUntraced(function* (device) {
      const sensor = yield* sensorWith(device, strategy)
      const quiet = strategy.quiet(device)
      const client = yield* device.connect
      yield* sample(client, sensor, name, ...quiet)
      yield* sample(client, sensor, "none")
      const wanted = [name, ...words(quiet)]
      const answer = yield* client.ask(`?sensor-sampling ${[sensor.name, ...wanted, surplus].join(" ")}`)
      if (!answer.reply.isOk) yield* refusedWith(answer)
      else yield* tells(answer, sensor.name, ...wanted)
      yield* queried(client, sensor, ...(answer.reply.isOk ? wanted : ["none"]))
    })
  }
}

export const checks: ReadonlyArray<Check> = [
  excess("refuse-001", "Auto with a parameter", "auto", () => [], "1"),
  excess("refuse-002", "Event with a parameter", "event", () => [], "1"),
  refused("refuse-003", "Period without its parameter", "period", "P-229", () => []),
  excess("refuse-004", "Period with two parameters", "period", (quiet) => quiet, "1"),
  refused("refuse-005", "A period that is not a number", "period", "P-220, P-229", () => ["often"]),
  refused("refuse-006", "A negative period", "period", "P-077, P-220", () => ["-1"]),
  refused("refuse-007", "An empty period", "period", "P-220, P-229", () => ["\\@"]),
  refused("refuse-008", "Differential without its parameter", "differential", "P-229", () => []),
  excess("refuse-009", "Differential with two parameters", "differential", () => ["5"], "5"),
  refused("refuse-010", "A difference that is not a number", "differential", "P-223", () => ["much"]),
  refused(
    "refuse-011",
    "A difference with a fraction for an integer",
    "differential",
    "P-223",
    () => ["2.5"],
    "integer"
  ),
  refused(
    "refuse-012",
    "Differential for a sensor that is not numeric",
    "differential",
    "P-223",
    () => ["5"],
    "not numeric"
  ),
  refused("refuse-013", "Differential for a timestamp", "differential", "P-223, Q-09", () => ["5"], "timestamp"),
  refused("refuse-014", "Event-rate without its parameters", "event-rate", "P-229", () => []),
  refused("refuse-015", "Event-rate with one parameter", "event-rate", "P-229", () => ["1"]),
  excess("refuse-016", "Event-rate with three parameters", "event-rate", (quiet) => quiet, "3"),
  refused("refuse-017", "Event-rate with parameters that are not numbers", "event-rate", "P-224, P-229", () => [
    "soon",
    "later"
  ]),
  refused("refuse-018", "Differential-rate without its parameters", "differential-rate", "P-229", () => []),
  refused("refuse-019", "Differential-rate with two parameters", "differential-rate", "P-229", () => ["5", "1"]),
  refused("refuse-020", "Differential-rate with parameters that are not numbers", "differential-rate", "P-227", () => [
    "a",
    "b",
    "c"
  ]),
  refused(
    "refuse-021",
    "Differential-rate for a sensor that is not numeric",
    "differential-rate",
    "P-227",
    () => ["5", "1", "2"],
    "not numeric"
  ),
  excess("refuse-022", "None with a parameter", "none", () => [], "1")
]
