/** The sensors of a client: typed by the contract, unknown otherwise. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import {
  Arg,
  Client,
  Interface,
  type KatcpError,
  type RequestFailed,
  type RequestInvalid,
  Sampling,
  Sensor
} from "katcp"
import { expectTypeOf } from "vitest"

const { Strategy } = Sampling

class Dish extends Interface.make("dish").add(
  Sensor.make("azimuth", { type: Arg.Float }),
  Sensor.make("mode", { type: Arg.Discrete("stow", "track") })
) {}

const made = Client.make(Dish)
declare const client: Effect.Success<typeof made>
const { azimuth, mode } = client.sensor
const unknown = client.sensorNamed("wind")

expectTypeOf(azimuth).toEqualTypeOf<Client.ClientSensor<number>>()
expectTypeOf(mode).toEqualTypeOf<Client.ClientSensor<"stow" | "track">>()
expectTypeOf(unknown).toEqualTypeOf<Client.ClientSensor<unknown>>()
expectTypeOf(azimuth.reading).toEqualTypeOf<Client.RemoteReading<number> | undefined>()
expectTypeOf(mode.get()).toEqualTypeOf<
  Effect.Effect<Client.RemoteReading<"stow" | "track">, RequestFailed | RequestInvalid | KatcpError>
>()
expectTypeOf(mode.sample()).toEqualTypeOf<Stream.Stream<Client.RemoteReading<"stow" | "track">, KatcpError>>()

export const allowed = () => [
  azimuth.waitFor(5),
  azimuth.waitFor(({ value }) => value > 5, { timeout: "1 second", strategy: Strategy.differential(2) }),
  azimuth.sample(Strategy.differential(2)),
  mode.waitFor("track"),
  mode.waitFor(({ status, value }) => status === "nominal" && value === "stow"),
  mode.sample(Strategy.period("1 second")),
  // what is not known is for run time to tell
  unknown.waitFor(5),
  unknown.waitFor(({ value }) => value === 5),
  unknown.sample(Strategy.differential(2)),
  client.mirror("*"),
  client.mirror(/x/, Strategy.event),
  client.watch((name) => name.length > 3, { strategy: Strategy.event, capacity: 10 })
]

export const forbidden = () => [
  // @ts-expect-error no such sensor
  client.sensor.elevation,
  // @ts-expect-error a value of another type
  azimuth.waitFor("east"),
  // @ts-expect-error not a member of the discrete type
  mode.waitFor("park"),
  // @ts-expect-error never true
  mode.waitFor(({ value }) => value === "park"),
  // @ts-expect-error differential strategies are for numbers
  mode.sample(Strategy.differential(2)),
  // @ts-expect-error the same while waiting
  mode.waitFor("stow", { strategy: Strategy.differential(2) }),
  // @ts-expect-error a sensor is not set from here
  client.sensor.azimuth.set(5),
  // @ts-expect-error no filter
  client.mirror(5)
]

// only who knows the type takes a handle for one of its own type
expectTypeOf(azimuth).not.toExtend<Client.ClientSensor<string>>()
