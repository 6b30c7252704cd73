/** Code that the types of `katcp/Testing` accept, and code that they refuse. Checked by the compiler alone. */
import { expectTypeOf } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { SocketServer, SocketServerError } from "effect/socket/SocketServer"
import { Arg, type Client, Interface, type KatcpError, Request, RequestFailed, RequestInvalid, Sensor } from "katcp"
import type { Answer } from "katcp/Client"
import type { Server } from "katcp/Server"
import {
  connect,
  Expect,
  type ExpectationFailed,
  FakeDevice,
  Faults,
  Handling,
  type Journal,
  Transitions
} from "katcp/Testing"

class Antenna extends Interface.make("antenna").add(
  Request.make("track", {
    doc: "Point.",
    args: { az: Arg.Float, name: Arg.optional(Arg.Text) },
    reply: { eta: Arg.Float, note: Arg.optional(Arg.Text) }
  }),
  Request.make("stow", { doc: "Stow." }),
  Request.make("rings", { doc: "List.", informs: { name: Arg.Text }, reply: { count: Arg.Int } }),
  Request.raw("echo", { doc: "Echo." }),
  Sensor.make("azimuth", { doc: "Azimuth", type: Arg.Float }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })
) {}
type Requests = typeof Antenna extends Interface.Interface<"antenna", infer R, infer _> ? R : never
type Track = Request.Named<Requests, "track">
type Refusal = RequestFailed | RequestInvalid

/** A fake device is typed by its contract. */
export const fakes = () => {
  expectTypeOf(FakeDevice.layer(Antenna)).toEqualTypeOf<
    Layer.Layer<
      FakeDevice.Fake<"antenna"> | Server | Interface.Device<"antenna"> | Interface.Sensors<"antenna">,
      SocketServerError,
      SocketServer
    >
  >()
  FakeDevice.layer(Antenna, {
    track: FakeDevice.late("1 second", { eta: 1 }),
    stow: {},
    rings: (_, { inform }) => {
      inform({ name: "a" })
      return Effect.succeed({ count: 1 })
    },
    echo: ["ok", 1]
  })
  FakeDevice.layer(Antenna, {
    track: Effect.fail(new RequestFailed({ message: "no" })),
    stow: FakeDevice.hang,
    rings: new RequestInvalid({ message: "no" }),
    echo: FakeDevice.late("1 second")
  })
  // @ts-expect-error a value of another type
  FakeDevice.layer(Antenna, { track: { eta: "1" } })
  // @ts-expect-error a value of another type, later
  FakeDevice.layer(Antenna, { track: FakeDevice.late("1 second", { eta: "1" }) })
  // @ts-expect-error no such request
  FakeDevice.layer(Antenna, { fly: {} })
  // @ts-expect-error no such option
  FakeDevice.layer(Antenna, {}, { unhandled: () => Effect.succeed(["ok"]) })
}

declare const fake: FakeDevice.FakeDevice<Requests, Sensor.Any>

/** The requests to a fake are typed by name. */
export const asked = () => {
  expectTypeOf(fake.requests.track.asked).toEqualTypeOf<Journal<FakeDevice.Asked<Track>>>()
  expectTypeOf(fake.requests.track.asked.all[0]!.args).toEqualTypeOf<{
    readonly az: number
    readonly name?: string | undefined
  }>()
  return [
    // @ts-expect-error no such request
    fake.requests.fly,
    // @ts-expect-error a value of another type
    fake.requests.track.answer({ eta: "1" }),
    // @ts-expect-error a reply lacks a value
    fake.requests.track.once({ note: "x" })
  ]
}

/** Devices and fakes are connected to clients of their contract. */
export const connected = Effect.gen(function* () {
  const { client, fake, sensors } = yield* FakeDevice.connect(Antenna)
  expectTypeOf(client.request.track).toBeCallableWith({ az: 1 })
  expectTypeOf(sensors.mode.value).toEqualTypeOf<"stow" | "track">()
  expectTypeOf(fake.sensors.mode.value).toEqualTypeOf<"stow" | "track">()
  yield* Expect.sensor(client.sensor.mode, { value: "track" })
  // @ts-expect-error not a value of that sensor
  yield* Expect.sensor(client.sensor.mode, { value: "fly" })
  // @ts-expect-error not a status
  yield* Expect.becomes(fake.sensors.azimuth, { value: 1, status: "good" })
  const watch = yield* Transitions.watch(client.sensor.mode, ["stow", (mode) => mode === "track"])
  expectTypeOf(watch.done()).toEqualTypeOf<
    Effect.Effect<ReadonlyArray<Sensor.Reading<"stow" | "track">>, ExpectationFailed>
  >()
  // @ts-expect-error not a value of that sensor
  yield* Transitions.watch(client.sensor.mode, ["fly"])
  const device = connect(
    Antenna,
    {} as Layer.Layer<Interface.Device<"antenna"> | Interface.Sensors<"antenna">, "no", number>
  )
  expectTypeOf<Effect.Services<typeof device>>().toEqualTypeOf<number | Scope.Scope>()
  expectTypeOf<Effect.Error<typeof device>>().toEqualTypeOf<KatcpError | SocketServerError | "no">()
})

declare const client: Client.Client<Requests, Sensor.Any>

/** Expectations turn failures into their own. */
export const expectations = () => {
  const call = client.call("x")
  expectTypeOf(Expect.ok(call)).toEqualTypeOf<Effect.Effect<Answer, ExpectationFailed>>()
  expectTypeOf(call.pipe(Expect.ok({ values: [1, "a", /b/, true] }))).toEqualTypeOf<
    Effect.Effect<Answer, ExpectationFailed>
  >()
  expectTypeOf(client.request.track({ az: 1 }).pipe(Expect.fails({ code: "fail" }))).toEqualTypeOf<
    Effect.Effect<Refusal, ExpectationFailed>
  >()
  // @ts-expect-error the values of a method are for the test runner's own assertions
  return Expect.ok(client.request.track({ az: 1 }))
}

/** A handler is called like a client's method. */
export const handling = () => {
  const track = Handling.request(Antenna, "track", { az: 1 }, { id: 3 })
  expectTypeOf<Effect.Success<typeof track>["eta"]>().toEqualTypeOf<number>()
  expectTypeOf<Effect.Error<typeof track>>().toEqualTypeOf<Refusal>()
  expectTypeOf<Effect.Services<typeof track>>().toEqualTypeOf<Interface.Device<"antenna">>()
  return [
    Handling.request(Antenna, "stow"),
    Handling.request(Antenna, "echo", ["a", 1]),
    // @ts-expect-error arguments must be given
    Handling.request(Antenna, "track"),
    // @ts-expect-error an argument of another type
    Handling.request(Antenna, "track", { az: "1" }),
    // @ts-expect-error no such request
    Handling.request(Antenna, "fly")
  ]
}

/** Faults are data. */
export const faults = [
  Faults.before("toServer", 1, Faults.cut),
  Faults.after("toClient", "end", Faults.hang()),
  // @ts-expect-error the end of a direction has no bytes
  Faults.within("toServer", "end", 3, Faults.cut),
  // @ts-expect-error nor can it be another line
  Faults.rewrite("toServer", "end", () => ""),
  // @ts-expect-error no such direction
  Faults.before("left", 1, Faults.reset),
  // @ts-expect-error a refusal does not happen at a line
  Faults.before("toServer", 1, Faults.refused)
]
