/** A device whose sensors are those of its host. */
import * as Effect from "effect/Effect"
import { Arg, Interface, Sensor } from "katcp"
import { Host } from "./host.ts"

const load = <const Name extends string>(name: Name, minutes: number) =>
  Sensor.make(name, { doc: `Load average of ${minutes} min: processes that run or wait to run`, type: Arg.Float })
const bytes = <const Name extends string>(name: Name, doc: string) =>
  Sensor.make(name, { doc, type: Arg.SafeInt, units: "bytes" })

export class HostDevice extends Interface.make("host", { version: "host-1.0" }).add(
  load("loadavg.1min", 1),
  load("loadavg.5min", 5),
  load("loadavg.15min", 15),
  bytes("memory.free", "Memory available to programs"),
  bytes("disk.size", "Size of the disk"),
  bytes("disk.free", "Disk space available to users")
) {}

/** Reads the host every second. Looks for temperature probes when the device starts, and again on each `?restart`. */
export const HostDeviceLive = HostDevice.toLayer(
  Effect.gen(function* () {
    const { disk, freeMemory, load, probes } = yield* Host
    const sensors = yield* HostDevice.sensors
    const every = Sensor.every("1 second")
    const averages = {
      one: sensors["loadavg.1min"],
      five: sensors["loadavg.5min"],
      fifteen: sensors["loadavg.15min"]
    }
    yield* Sensor.pollAll(
      averages,
      Effect.map(load, ([one, five, fifteen]) => ({ one, five, fifteen })),
      every
    )
    yield* Sensor.poll(sensors["memory.free"], freeMemory, every)
    yield* Sensor.pollAll({ size: sensors["disk.size"], free: sensors["disk.free"] }, disk, every)
    const set = yield* HostDevice.sensorSet
    for (const { doc, name, read } of yield* probes) {
      const probe = yield* set.add(Sensor.make(name, { doc, type: Arg.Float, units: "degC" }))
      yield* Sensor.poll(probe, read, every)
    }
    return {}
  })
)
