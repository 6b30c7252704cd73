import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as Socket from "effect/socket/Socket"
import {
  Arg,
  Client,
  Interface,
  type KatcpError,
  type Message,
  Request,
  type RequestFailed,
  type RequestInvalid
} from "katcp"
import { expectTypeOf } from "vitest"

class Antenna extends Interface.make("antenna").add(
  Request.make("track", {
    doc: "Point at a place.",
    args: { az: Arg.Float, el: Arg.Float, name: Arg.optional(Arg.Text) },
    reply: { eta: Arg.Float }
  }),
  Request.make("stow", { doc: "Stow the dish." }),
  Request.make("name", { doc: "Name it.", args: { text: Arg.optional(Arg.Text) } }),
  Request.make("rings", {
    doc: "List the rings.",
    args: { kinds: Arg.rest(Arg.Discrete("outer", "inner")) },
    informs: { name: Arg.Text, busy: Arg.Boolean },
    reply: { count: Arg.Int }
  }),
  Request.raw("echo", { doc: "Give back what comes." })
) {}

type Failure = RequestFailed | RequestInvalid | KatcpError

const made = Client.make(Antenna)
expectTypeOf<Effect.Error<typeof made>>().toEqualTypeOf<KatcpError>()
expectTypeOf<Effect.Services<typeof made>>().toEqualTypeOf<Socket.Socket | Scope.Scope>()
const plain = Client.make({ timeout: "1 second" })
expectTypeOf<Effect.Success<typeof plain>>().toEqualTypeOf<Client.Client<never, never>>()

declare const client: Effect.Success<typeof made>

// what methods give and how they fail
const track = client.request.track({ az: 1, el: 2 })
expectTypeOf<Effect.Success<typeof track>["eta"]>().toEqualTypeOf<number>()
expectTypeOf<Effect.Error<typeof track>>().toEqualTypeOf<Failure>()
expectTypeOf<Effect.Services<typeof track>>().toEqualTypeOf<never>()
const rings = client.request.rings({ kinds: ["outer"] }, { timeout: "1 second", id: 7 })
expectTypeOf<Effect.Success<typeof rings>["informs"]>().toEqualTypeOf<
  ReadonlyArray<{ readonly name: string; readonly busy: boolean }>
>()
expectTypeOf<Effect.Success<typeof rings>["count"]>().toEqualTypeOf<number | bigint>()
expectTypeOf<Effect.Success<ReturnType<typeof client.request.echo>>["reply"]>().toEqualTypeOf<Message.Message>()
expectTypeOf<Effect.Success<ReturnType<typeof client.request.echo>>["informs"]>().toEqualTypeOf<
  ReadonlyArray<Message.Message>
>()
expectTypeOf(client.stream.rings({ kinds: [] })).toEqualTypeOf<
  Stream.Stream<
    Client.Piece<{ readonly name: string; readonly busy: boolean }, { readonly count: number | bigint }>,
    Failure
  >
>()
expectTypeOf<Effect.Error<ReturnType<typeof client.call>>>().toEqualTypeOf<Failure>()
expectTypeOf<Effect.Error<ReturnType<typeof client.callRaw>>>().toEqualTypeOf<KatcpError>()

// what may be left out
export const allowed = () => [
  client.request.track({ az: 1, el: 2, name: "M 31" }),
  client.request.stow(),
  client.request.stow({}, { timeout: 100 }),
  client.request.name(),
  client.request.name({ text: "a" }),
  client.request.echo(),
  client.request.echo(["a", 1, 2n, true, new Uint8Array(1)]),
  client.call("anything", ["a", 1])
]

// mistakes do not compile
export const forbidden = () => [
  // @ts-expect-error a missing argument
  client.request.track({ az: 1 }),
  // @ts-expect-error no arguments where some must be
  client.request.track(),
  // @ts-expect-error an argument of another type
  client.request.track({ az: "1", el: 2 }),
  // @ts-expect-error an argument that does not exist
  client.request.track({ az: 1, el: 2, speed: 3 }),
  // @ts-expect-error an argument of a request that has none
  client.request.stow({ az: 1 }),
  // @ts-expect-error no such request
  client.request.fly(),
  // @ts-expect-error no such option
  client.request.stow({}, { timeOut: 1 }),
  // @ts-expect-error not a member of the discrete type
  client.request.rings({ kinds: ["middle"] }),
  // @ts-expect-error the same for streams
  client.stream.rings({ kinds: ["middle"] }),
  // @ts-expect-error values are plain
  client.call("x", [{}]),
  // @ts-expect-error no such option
  Client.make(Antenna, { reconnect: true }),
  // @ts-expect-error no such option without a contract either
  Client.make({ reconnect: true })
]

// a client without contract has no methods
expectTypeOf<keyof Client.Client<never, never>["request"]>().toEqualTypeOf<never>()
// handlers of the device's requests fail only as the protocol knows it, and need nothing
expectTypeOf<Effect.Effect<void, Error>>().not.toExtend<ReturnType<Client.DeviceRequestHandler>>()
expectTypeOf<Effect.Effect<void, never, Scope.Scope>>().not.toExtend<ReturnType<Client.DeviceRequestHandler>>()
expectTypeOf<Effect.Effect<void, RequestFailed>>().toExtend<ReturnType<Client.DeviceRequestHandler>>()
expectTypeOf<Effect.Effect<Array<string>>>().toExtend<ReturnType<Client.DeviceRequestHandler>>()
