/** Code that the types of contracts, handlers and servers accept, and code that they refuse. Checked by the compiler alone. */
import { expectTypeOf } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { SocketServer, SocketServerError } from "effect/socket/SocketServer"
import { Arg, Interface, type Message, Request, RequestFailed, RequestInvalid, Sensor, Server } from "katcp"
import { type ConnectedClient, DeviceLog } from "katcp/Interface"
import { MemoryNetwork } from "katcp/Testing"

class Drive extends Context.Service<Drive, { readonly move: (az: number, el: number) => Effect.Effect<number> }>()(
  "types/Drive"
) {}
class Mount extends Context.Service<Mount, { readonly park: Effect.Effect<void> }>()("types/Mount") {}

class Antenna extends Interface.make("antenna", { version: "antenna-1.0" }).add(
  Request.make("track", {
    doc: "Point.",
    args: { az: Arg.Float, el: Arg.withDefault(Arg.Float, 0), name: Arg.optional(Arg.Text) },
    reply: { eta: Arg.Float, note: Arg.optional(Arg.Text) }
  }),
  Request.make("stow", { doc: "Stow." }),
  Request.make("rings", {
    doc: "List.",
    args: { kinds: Arg.rest(Arg.Discrete("outer", "inner")) },
    informs: { name: Arg.Text, busy: Arg.Boolean },
    reply: { count: Arg.Int }
  }),
  Request.raw("raw", { doc: "Raw." }),
  Sensor.make("azimuth", { doc: "Azimuth", type: Arg.Float, units: "deg", nominal: [-180, 180] }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })
) {}

type Requests = typeof Antenna extends Interface.Interface<"antenna", infer R, infer _> ? R : never
type Track = Request.Named<Requests, "track">
type Rings = Request.Named<Requests, "rings">

/** Arguments, replies and informs are inferred from one description. */
export const inferred = () => {
  expectTypeOf<Requests["name"]>().toEqualTypeOf<"track" | "stow" | "rings" | "raw">()
  expectTypeOf<Request.Arguments<Track>>().toEqualTypeOf<{
    readonly az: number
    readonly el: number
    readonly name?: string | undefined
  }>()
  expectTypeOf<Request.Input<Track>>().toEqualTypeOf<{
    readonly az: number
    readonly el?: number | undefined
    readonly name?: string | undefined
  }>()
  expectTypeOf<Request.Reply<Track>["eta"]>().toEqualTypeOf<number>()
  expectTypeOf<Request.Inform<Rings>>().toEqualTypeOf<{ readonly name: string; readonly busy: boolean }>()
  expectTypeOf<Request.Arguments<Request.Named<Requests, "raw">>>().toEqualTypeOf<Message.Message>()
  // @ts-expect-error there is no such request
  expectTypeOf<Request.Named<Requests, "nothing">["name"]>().toEqualTypeOf<"nothing">()
}

/** A request that is added at run time has the types of its description; what its handler needs is needed to add it. */
export const added = (set: Interface.RequestSet) => {
  const gain = Request.make("gain", { doc: "", args: { dB: Arg.Float }, reply: { was: Arg.Float } })
  expectTypeOf(set.add(gain, ({ dB }) => Effect.succeed({ was: dB }))).toEqualTypeOf<Effect.Effect<void>>()
  expectTypeOf(
    set.add(gain, ({ dB }) => Effect.flatMap(Drive, (drive) => Effect.map(drive.move(dB, 0), (was) => ({ was }))))
  ).toEqualTypeOf<Effect.Effect<void, never, Drive>>()
  // @ts-expect-error a reply without its field
  const short = set.add(gain, () => Effect.succeed({}))
  // @ts-expect-error an argument of another name
  const other = set.add(gain, ({ volts }) => Effect.succeed({ was: volts }))
  return [short, other]
}

const ring = () => Effect.succeed({ count: 1 })
const raw = (message: Message.Message) => Effect.succeed(message.arguments)
const stow = () => Effect.void
const track = () => Effect.succeed({ eta: 1 })

declare const refused: (effect: unknown) => void
class Foreign extends Data.TaggedError("Foreign")<{ readonly message: string }> {}
const foreign = () => Effect.fail(new Foreign({ message: "x" }))

/** The arguments and results of handlers. */
export const handlers = () => {
  Antenna.toLayer({
    track: (args, context) => {
      expectTypeOf(args).toEqualTypeOf<Request.Arguments<Track>>()
      expectTypeOf(context.client).toEqualTypeOf<ConnectedClient>()
      expectTypeOf(context.id).toEqualTypeOf<number | undefined>()
      return args.az > 0 ? Effect.succeed({ eta: 1, note: "soon" }) : Effect.fail(new RequestInvalid({ message: "no" }))
    },
    stow: () => Effect.fail(new RequestFailed({ message: "no" })),
    rings: ({ kinds }, { inform, informs, reply }) => {
      expectTypeOf(kinds).toEqualTypeOf<ReadonlyArray<"outer" | "inner">>()
      inform({ name: "a", busy: true })
      // @ts-expect-error an inform lacks a field
      inform({ name: "a" })
      // @ts-expect-error a field of an inform is of another type
      refused(informs([{ name: 1, busy: true }]))
      // @ts-expect-error the reply is of another type
      reply({ count: "one" })
      return ring()
    },
    raw
  })
  // @ts-expect-error a handler is missing
  Antenna.toLayer({ track, stow, rings: ring })
  // @ts-expect-error the reply lacks eta
  Antenna.toLayer({ track: () => Effect.succeed({}), stow, rings: ring, raw })
  // @ts-expect-error the reply is nothing at all
  Antenna.toLayer({ track: () => Effect.void, stow, rings: ring, raw })
  // @ts-expect-error eta is of another type
  Antenna.toLayer({ track: () => Effect.succeed({ eta: "soon" }), stow, rings: ring, raw })
  // @ts-expect-error an error that the protocol does not know
  // @effect-diagnostics-next-line missingEffectError:off
  Antenna.toLayer({ track: foreign, stow, rings: ring, raw })
  // @ts-expect-error an argument that the contract does not have
  Antenna.toLayer({ track: ({ azimuth }) => Effect.succeed({ eta: azimuth }), stow, rings: ring, raw })
  // @ts-expect-error a raw handler gives the arguments of the reply
  Antenna.toLayer({ track, stow, rings: ring, raw: () => Effect.void })
  // @ts-expect-error a handler is an effect
  Antenna.toLayer({ track, stow: () => undefined, rings: ring, raw })
}

/** The layer needs the services of the handlers, except those of the device itself. */
export const needs = () => {
  const live = Antenna.toLayer(
    Effect.gen(function* () {
      const drive = yield* Drive
      const sensors = yield* Antenna.sensors
      expectTypeOf(sensors.azimuth).toEqualTypeOf<Sensor.LiveSensor<number>>()
      expectTypeOf(sensors.mode).toEqualTypeOf<Sensor.LiveSensor<"stow" | "track">>()
      // @ts-expect-error there is no such sensor
      refused(sensors.elevation)
      // @ts-expect-error a value that the sensor cannot have
      refused(sensors.mode.set("park"))
      yield* Effect.addFinalizer(() => Effect.void)
      return {
        track: Effect.fnUntraced(function* ({ az, el }) {
          return { eta: yield* drive.move(az, el) }
        }),
        stow: () => Effect.flatMap(Mount, (mount) => mount.park),
        rings: ring,
        raw
      }
    })
  )
  expectTypeOf<Layer.Services<typeof live>>().toEqualTypeOf<Drive | Mount>()
  expectTypeOf<Layer.Error<typeof live>>().toEqualTypeOf<never>()
  expectTypeOf<Layer.Success<typeof live>>().toEqualTypeOf<Interface.Device<"antenna"> | Interface.Sensors<"antenna">>()

  const failing = Antenna.toLayer(Effect.fail("no power" as const))
  expectTypeOf<Layer.Error<typeof failing>>().toEqualTypeOf<"no power">()

  // a handler that needs a Scope keeps that need: it has none of its own
  const unscoped = Antenna.toLayer({ track, stow: () => Effect.asVoid(Effect.scope), rings: ring, raw })
  expectTypeOf<Layer.Services<typeof unscoped>>().toEqualTypeOf<Scope.Scope>()
  const scoped = Antenna.toLayer({ track, stow: () => Effect.scoped(Effect.asVoid(Effect.scope)), rings: ring, raw })
  expectTypeOf<Layer.Services<typeof scoped>>().toEqualTypeOf<never>()

  // the device's own log is there for its handlers
  const logging = Antenna.toLayer(Effect.map(DeviceLog, () => ({ track, stow, rings: ring, raw })))
  expectTypeOf<Layer.Services<typeof logging>>().toEqualTypeOf<never>()

  const server = Server.layer(Antenna).pipe(Layer.provide(live))
  expectTypeOf<Layer.Services<typeof server>>().toEqualTypeOf<Drive | Mount | SocketServer>()
  expectTypeOf<Layer.Error<typeof server>>().toEqualTypeOf<SocketServerError>()
  expectTypeOf<Layer.Success<typeof server>>().toEqualTypeOf<Server.Server>()

  const program = Server.launch(server)
  expectTypeOf<Effect.Services<typeof program>>().toEqualTypeOf<Drive | Mount | SocketServer>()
  expectTypeOf<Effect.Success<typeof program>>().toEqualTypeOf<void>()

  class Other extends Interface.make("other") {}
  const wrong = Server.layer(Antenna).pipe(Layer.provide(Other.toLayer({})), Layer.provide(MemoryNetwork.layer))
  // the handlers of another device do not serve this one
  expectTypeOf<Layer.Services<typeof wrong>>().toEqualTypeOf<
    Interface.Device<"antenna"> | Interface.Sensors<"antenna">
  >()
  // @ts-expect-error a layer without a server cannot be launched
  refused(Server.launch(live))
}

/** Mistakes in a contract do not compile. */
export const contracts = () => {
  // @ts-expect-error a value that the type does not have
  Sensor.make("x", { doc: "", type: Arg.Float, initial: "a" })
  // @ts-expect-error an option that the discrete type does not have
  Sensor.make("x", { doc: "", type: Arg.Discrete("a", "b"), initial: "c" })
  // @ts-expect-error a request without a doc
  Request.make("x", {})
  // @ts-expect-error no such concurrency
  Request.make("x", { doc: "", concurrency: "parallel" })
  // @ts-expect-error a contract holds requests and sensors
  Interface.make("x").add({ name: "x" })
  // @ts-expect-error no such option
  Server.layer(Antenna, { refuse: ["watchdog"] })
  Server.layer(Antenna, {
    // @ts-expect-error an error that the protocol does not know
    // @effect-diagnostics-next-line missingEffectError:off
    unhandled: foreign
  })
  Server.layer(Antenna, {
    // @ts-expect-error the hook has no way to fail
    // @effect-diagnostics-next-line missingEffectError:off
    onConnect: foreign
  })
  Server.layer(Antenna, {
    onConnect: (client) => {
      expectTypeOf(client).toEqualTypeOf<ConnectedClient>()
      return Effect.asVoid(Effect.scope as Effect.Effect<Scope.Scope, never, Scope.Scope>)
    }
  })
}
