/** The device: the same program for any hardware. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { RequestFailed, Sensor, Server } from "katcp"
import { Dish, overheated } from "./contract.ts"
import { Hardware, type HardwareFault } from "./Hardware.ts"

/** The identity of the drive, requested once when the device starts. */
class Identity extends Context.Service<
  Identity,
  Result.Result<{ readonly version: string; readonly serial: string }, HardwareFault>
>()("example/Identity") {
  static readonly layer = Layer.effect(
    Identity,
    Effect.flatMap(Hardware, ({ identify }) => Effect.result(identify))
  )
}

const refused = (fault: HardwareFault) => new RequestFailed({ message: fault.message })

const DishLive = Dish.toLayer(
  Effect.gen(function* () {
    const hardware = yield* Hardware
    const identity = yield* Identity
    const sensors = yield* Dish.sensors

    // the hardware's version and serial number are readable (Rev 5.1 B.3)
    const { serial, version } = Result.getOrElse(identity, () => ({ serial: "", version: "" }))
    const status = Result.isSuccess(identity) ? "nominal" : "failure"
    yield* sensors["drive.version"].set(version, { status })
    yield* sensors["drive.serial-number"].set(serial, { status })
    if (Result.isFailure(identity)) yield* Effect.logError("the drive does not report its identity", identity.failure)

    const failure = sensors["fmeca.FD0001"]
    yield* Sensor.Fmeca.logged(overheated, failure)
    const temperature = Effect.tap(hardware.temperature, (celsius) => failure.set(celsius > 80))
    yield* Sensor.poll(sensors["drive.temperature"], temperature, Schedule.spaced("1 second"))
    yield* Sensor.Derived.deviceStatus(sensors["device-status"], [sensors["drive.temperature"], sensors.mode])
    const modes = yield* Sensor.Modes.make(sensors.mode, {
      idle: {},
      stow: { enter: hardware.brake(true), leave: hardware.brake(false) }
    })

    return {
      slew: Effect.fnUntraced(function* ({ azimuth }) {
        if (modes.current !== "idle") return yield* new RequestFailed({ message: "the brake is on" })
        yield* Effect.mapError(hardware.slew(azimuth), refused)
        yield* sensors.azimuth.set(azimuth)
      }),
      mode: ({ name }) =>
        Effect.andThen(
          Effect.mapError(modes.change(name), refused),
          Effect.annotateLogs(Effect.logInfo(`mode ${name}`), "logger", "dish")
        )
    }
  })
)

/** The served device. On connecting it announces its drive, or why it is unknown. */
export const dish = (options?: Server.Options) =>
  Layer.unwrap(
    Effect.map(Identity, (identity) =>
      Server.layer(Dish, {
        ...options,
        versions: Result.isSuccess(identity)
          ? { drive: [identity.success.version, identity.success.serial] as const }
          : undefined,
        onConnect: (client) =>
          Effect.sync(() =>
            client.inform("drive", Result.isSuccess(identity) ? ["ok"] : ["fault", identity.failure.message])
          )
      })
    )
  ).pipe(Layer.provide(DishLive), Layer.provide(Identity.layer))
