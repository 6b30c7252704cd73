/**
 * A device for trials of the dashboard: `node device.ts PORT SENSORS SECONDS VALUE`. It sets a sensor `a.time` to
 * the current time, ten times a second. It also has a sensor `a.value` with the given value, and SENSORS floats. Each float
 * is set once in SECONDS, a tenth of a second's worth of them at a time.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Arg, Interface, Sensor, Server } from "katcp"
import { NodeServer } from "katcp/Node"

const [port = 0, count = 1000, seconds = 0.1, value = 0] = process.argv.slice(2).map(Number)
/** Ticks in a second. */
const ticks = 10

class Trial extends Interface.make("trial", { version: "trial-1", build: "trial-1" }).add(
  Sensor.make("a.time", { doc: "When it was set.", type: Arg.Timestamp, initial: 0 }),
  Sensor.make("a.value", { doc: "A number that the trial chose.", type: Arg.Float, initial: value })
) {}

const TrialLive = Trial.toLayer(
  Effect.gen(function* () {
    const sensors = yield* Trial.sensors
    const set = yield* Trial.sensorSet
    const all = yield* Effect.forEach(
      Array.from({ length: count }, (_, at) => at),
      (at) =>
        set.add(Sensor.make(`b.${at}`, { doc: "A number that changes.", type: Arg.Float, units: "degC", initial: at }))
    )
    const each = Math.ceil(count / (seconds * ticks))
    let next = 0
    let round = 0
    const tick = Effect.gen(function* () {
      for (let done = 0; done < each; done++) {
        yield* all[next]!.set(next + (round % 100) / 100)
        if (++next < all.length) continue
        next = 0
        round++
      }
      yield* sensors["a.time"].set((performance.timeOrigin + performance.now()) / 1000)
    })
    yield* sensors["a.value"].set(value)
    yield* Effect.forkScoped(Effect.repeat(tick, Schedule.fixed(1000 / ticks)))
    return {}
  })
)

Server.layer(Trial).pipe(
  Layer.provide(TrialLive),
  Layer.tap((context) => Console.log(`listening on ${Context.get(context, Server.Server).address}`)),
  Server.launch,
  Effect.provide(NodeServer.tcp({ host: "127.0.0.1", port })),
  NodeRuntime.runMain
)
