/** A device whose sensors all give readings at a rate: integers that count from 1. */
import { setTimeout } from "node:timers/promises"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as NetAddress from "effect/net/NetAddress"
import { Arg } from "../../../src/Codec/index.ts"
import * as Interface from "../../../src/Interface/index.ts"
import { NodeServer } from "../../../src/Node/index.ts"
import * as Sensor from "../../../src/Sensor/index.ts"
import { Server, layer as serverLayer } from "../../../src/Server/index.ts"

const device = Interface.make("load")

/** A device under load. */
export interface LoadedDevice {
  readonly port: number
  /** Begins to give readings. */
  readonly begin: () => void
  /** The number of readings of each sensor until now. */
  readonly soFar: () => number
  /** Gives no more readings; gives the number of those of each sensor. */
  readonly end: () => Promise<number>
  /** Readings that were given while no client was connected. */
  readonly unheard: () => number
  readonly close: () => Promise<void>
}

/** Makes a device with a number of sensors, each with a number of readings per second. */
export const loadedDevice = async (sensors: number, rate: number): Promise<LoadedDevice> => {
  const scope = await Effect.runPromise(Scope.make())
  const live = await Effect.runPromise(Layer.buildWithScope(device.toLayer({}), scope))
  const set = await Effect.runPromise(Effect.provideContext(device.sensorSet, live))
  const all = Array.from({ length: sensors }, (_, at) =>
    Sensor.LiveSensor.makeUnsafe(Sensor.make(`s${at}`, { type: Arg.Int }), 0)
  )
  for (const sensor of all) set.addUnsafe(sensor as Sensor.LiveSensor<unknown>)
  const served = await Effect.runPromise(
    Layer.buildWithScope(
      serverLayer(device).pipe(Layer.provide(Layer.succeedContext(live)), Layer.provide(NodeServer.tcp({ port: 0 }))),
      scope
    )
  )
  const { address, clients } = Context.get(served, Server)
  let value = 0
  let unheard = 0
  let isLoaded = true
  /** The device gives readings at its rate, whatever the machine does: late ones come together. */
  const feed = async () => {
    const begun = performance.now()
    while (isLoaded) {
      const due = Math.floor(((performance.now() - begun) / 1000) * rate)
      while (value < due) {
        value++
        const time = (performance.timeOrigin + performance.now()) / 1000
        if (clients.size === 0) unheard += all.length
        for (const sensor of all) sensor.setUnsafe(value, "nominal", time)
        // each value is a turn of its own: a device never conflates what it says in different turns
        await new Promise((resolve) => setImmediate(resolve))
      }
      await setTimeout(20)
    }
  }
  let feeding = Promise.resolve()
  return {
    port: NetAddress.isInetAddress(address) ? address.port : 0,
    begin: () => {
      feeding = feed()
    },
    soFar: () => value,
    end: async () => {
      isLoaded = false
      await feeding
      return value
    },
    unheard: () => unheard,
    close: async () => {
      isLoaded = false
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}
