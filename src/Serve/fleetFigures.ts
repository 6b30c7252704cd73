/** The figures of a runner, and the epoch and runner of each device: metrics, and sensors of the fleet's proxy. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import type { Placement, RunnerShape } from "../Fleet/index.ts"
import * as Sensor from "../Sensor/index.ts"
import { type Figure, Figures } from "../Site/index.ts"
import type { FileRunner } from "./fleet.ts"

/** A runner, and the connections that were refused at its ports. */
type Counted = Pick<FileRunner, "refusals" | "runner">

/** Returns the living runner that holds a device; empty without one. */
const holderOf = ({ runner }: Placement, { directory }: RunnerShape): string =>
  runner === undefined || directory.runners().get(runner)?.state === "gone" ? "" : runner

/** The figures of a runner. */
const ownFigures = ({ refusals, runner }: Counted): ReadonlyArray<Figure> => {
  const { directory } = runner
  const all = () => [...directory.devices().values()]
  return [
    {
      sensor: Sensor.make("fleet.runner", { type: Arg.Text, doc: "The name of this runner of the fleet." }),
      read: () => runner.name
    },
    {
      sensor: Sensor.make("fleet.state", {
        type: Arg.Text,
        doc: "The state of this runner: up, draining, drained or gone."
      }),
      read: () => runner.state()
    },
    {
      sensor: Sensor.make("fleet.held", { type: Arg.Int, doc: "Devices that this runner holds." }),
      metric: "katcp_fleet_held",
      read: () => runner.held().size
    },
    {
      sensor: Sensor.make("fleet.wished", { type: Arg.Int, doc: "Devices that the fleet is to hold." }),
      metric: "katcp_fleet_wished",
      read: () => directory.devices().size
    },
    {
      sensor: Sensor.make("fleet.unheld", {
        type: Arg.Int,
        doc: "Devices without a living runner.",
        statusFrom: (count) => (count === 0 ? "nominal" : "error")
      }),
      metric: "katcp_fleet_unheld",
      read: () => all().filter((placement) => holderOf(placement, runner) === "").length
    },
    {
      sensor: Sensor.make("fleet.runners", { type: Arg.Int, doc: "Runners that are up." }),
      metric: "katcp_fleet_runners",
      read: () => [...directory.runners().values()].filter(({ state }) => state === "up").length
    },
    {
      sensor: Sensor.make("fleet.refused", {
        type: Arg.Int,
        doc: "Connections that were refused at the ports for runners: another token or certificate."
      }),
      metric: "katcp_fleet_refused",
      read: () => refusals.count
    },
    {
      sensor: Sensor.make("fleet.database-age", {
        type: Arg.Float,
        units: "s",
        doc: "Time since the last answer of the fleet's database."
      }),
      metric: "katcp_fleet_database_age_seconds",
      read: () => directory.age() / 1000
    }
  ]
}

/** The figures of one device. */
const deviceFigures = (device: string, runner: RunnerShape): ReadonlyArray<Figure> => {
  const placement = () => runner.directory.devices().get(device)
  return [
    {
      sensor: Sensor.make(`fleet.${device}.epoch`, {
        type: Arg.Int,
        doc: `The epoch of the hold of ${device}.`
      }),
      read: () => placement()?.epoch ?? 0
    },
    {
      sensor: Sensor.make(`fleet.${device}.runner`, {
        type: Arg.Text,
        doc: `The runner that holds ${device}; empty: none.`,
        statusFrom: (name) => (name === "" ? "error" : "nominal")
      }),
      read: () => {
        const found = placement()
        return found === undefined ? "" : holderOf(found, runner)
      }
    }
  ]
}

/** Adds the figures of a runner and of the fleet's devices, which can change, until the scope closes. */
export const fleetFigures = (counted: Counted): Effect.Effect<void, never, Figures | Scope.Scope> =>
  Effect.gen(function* () {
    const { runner } = counted
    const { add } = yield* Figures
    yield* add(ownFigures(counted))
    const { directory } = runner
    // the list is computed on each request
    const list: Array<Figure> = []
    const known = new Map<string, ReadonlyArray<Figure>>()
    const update = () => {
      const devices = directory.devices()
      if (devices.size === known.size && [...devices.keys()].every((name) => known.has(name))) return
      for (const name of known.keys()) if (!devices.has(name)) known.delete(name)
      for (const name of devices.keys()) if (!known.has(name)) known.set(name, deviceFigures(name, runner))
      list.length = 0
      for (const figures of known.values()) list.push(...figures)
    }
    update()
    yield* add(list)
    let { revision } = directory
    yield* Effect.gen(function* () {
      yield* directory.changed(revision)
      revision = directory.revision
      update()
    }).pipe(Effect.forever, Effect.forkScoped)
  })
