import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import { Arg } from "../../Codec/index.ts"
import { type DeviceShape, make as makeInterface, Request } from "../../Interface/index.ts"
import { Timers } from "../../Sampling/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import { Hub } from "../Hub.ts"
import { Peer } from "../listening/Peer.ts"
import { resolve } from "../Options.ts"
import { Runtime } from "../Runtime.ts"
import { serve } from "../session/serve.ts"
import { versionsOf } from "../versions.ts"
import { scripted } from "./scripted.ts"

const names = Array.from({ length: 10 }, (_, n) => `sensor.${n}`)

/** The requests of the client in each turn. */
const turns = [
  "?watchdog[1]",
  "?help[2]\n?sensor-list[3]\n?sensor-value[4]",
  `?sensor-sampling[5] ${names.join(",")} event`,
  "?set[6] sensor.1 1.5\n?set[7] sensor.2 2.5",
  "?sensor-sampling[8] sensor.1 none"
]

/** An address that no client has. */
const address = NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 0)
/** Records of the audit are formatted, and go nowhere. */
const silent = new Set([Logger.make(() => undefined)])

/**
 * Serves a scripted client, and returns what was written to it. The device is one that nobody else has: nothing is
 * shared with the servers of the program. Each of the client's turns is a turn of the event loop.
 *
 * There are few requests, and they are made once. With more of them V8 begins to gather the types that it sees, and
 * those of the scripted connection are not those of a socket. A server then has 10 % less throughput for as long as it
 * runs: measured with 50 repetitions, fan-out to 10 clients.
 */
export const perform: Effect.Effect<ReadonlyArray<Uint8Array>> = Effect.gen(function* () {
  const device = makeInterface("rehearsal").add(
    Request.make("set", { doc: "Sets a sensor.", args: { name: Arg.Text, value: Arg.Bytes } }),
    ...names.map((name) => Sensor.make(name, { doc: `Sensor ${name}.`, type: Arg.Float, units: "V", initial: 0 }))
  )
  const options = resolve()
  const handlers = Effect.map(device.sensorSet, (sensors) => ({
    set: ({ name, value }: { readonly name: string; readonly value: Uint8Array }) =>
      Effect.orDie(Effect.flatMap(sensors.find(name), (sensor) => sensor.setFormatted(value, runtime.dialect)))
  }))
  const built = yield* Layer.build(device.toLayer(handlers))
  const shape: DeviceShape = Context.get(built, device.device)
  const runtime: Runtime = new Runtime({
    options,
    device: shape,
    versions: versionsOf(device, options),
    restartable: false,
    context: yield* Effect.context<never>(),
    timers: yield* Timers.make,
    uninterruptible: yield* Scope.fork(yield* Effect.scope)
  })
  const hub = new Hub(runtime, device.requests)
  const written: Array<Uint8Array> = []
  yield* Effect.provideService(serve(hub, scripted(turns, written), address), Peer, address)
  hub.audit?.end()
  return written
}).pipe(Effect.scoped, Effect.provideService(Logger.CurrentLoggers, silent))

let hasBegun = false

/**
 * Performs once in a process, in the background, so V8 has compiled the code of a server when the first client
 * connects. Ends with the scope.
 */
export const rehearse: Effect.Effect<void, never, Scope.Scope> = Effect.suspend(() => {
  if (hasBegun) return Effect.void
  hasBegun = true
  const later = Effect.andThen(Effect.yieldNow, Effect.ignoreCause(perform))
  // without the context of the server: its clock, tracer and loggers have no part in this
  const begin = Effect.sync(() => Effect.runFork(later))
  return Effect.asVoid(Effect.acquireRelease(begin, (fiber) => Effect.sync(() => fiber.interruptUnsafe())))
})
