/** A device that a client dials again and again: what becomes of each attempt is up to the test. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Socket from "effect/socket/Socket"
import { Client, type KatcpError } from "katcp"
import { RawConnection, SocketPair } from "katcp/Testing"
import { hello5, immediately } from "./connect.ts"

/** Every second, so the times of attempts are known. */
export const everySecond = Schedule.spaced("1 second")

const refusal = new Socket.SocketError({
  reason: new Socket.SocketOpenError({ kind: "Unknown", cause: new Error("connect ECONNREFUSED") })
})

export interface Dialling {
  readonly socket: Socket.Socket
  /** The outcome of dialling from now on. */
  answer: "accept" | "refuse" | "hang"
  /** After how many milliseconds. */
  delay: number
  /** The greeting of the device. */
  says: string
  /** How often it was dialled. */
  dials: number
  /** How many connections, or attempts at one, are not released by the client. */
  held: number
  /** The device's end of the next connection that was not taken yet, waited for. */
  readonly next: Effect.Effect<RawConnection.RawConnection>
}

/** A network of one device. */
export const makeDialling = Effect.fnUntraced(function* (options?: SocketPair.Options) {
  const scope = yield* Effect.scope
  const accepted = yield* Queue.unbounded<RawConnection.RawConnection>()
  let near: Socket.Socket | undefined
  const reader = Effect.gen(function* () {
    dialling.dials++
    dialling.held++
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        dialling.held--
      })
    )
    if (dialling.delay > 0) yield* Effect.sleep(dialling.delay)
    if (dialling.answer === "refuse") return yield* refusal
    if (dialling.answer === "hang") return yield* Effect.never
    const [mine, far] = SocketPair.make(options)
    near = mine
    const reader = yield* mine.reader
    const device = yield* Scope.provide(RawConnection.make(far), scope)
    if (dialling.says !== "") yield* Effect.orDie(device.send(dialling.says))
    yield* Queue.offer(accepted, device)
    return reader
  })
  const writer = Effect.suspend(() => near!.writer)
  const dialling: Dialling = {
    socket: Socket.make({ reader, writer }),
    answer: "accept",
    delay: 0,
    says: "",
    dials: 0,
    held: 0,
    next: Queue.take(accepted)
  }
  return dialling
})

/** A client of it that is there at once, with all events and states from the first on, as text. */
export const watch = Effect.fnUntraced(function* <R extends Client.Contract<never, never>>(
  dialling: Dialling,
  options?: Client.Options,
  contract?: R
) {
  const make = Client.make(contract ?? nothing, {
    reconnect: everySecond,
    connecting: "background",
    checkContract: false,
    alive: Number.POSITIVE_INFINITY,
    ...options
  })
  const client = yield* Effect.provideService(make, Socket.Socket, dialling.socket)
  return { client, ...(yield* record(client)) }
})

/** The event of being connected to a device that says `hello5`. */
export const speaks = "Connected 5.1-BIM"

/** A client that is connected to it, and what happens from then on. */
export const connected = Effect.fnUntraced(function* (options?: Client.Options) {
  const dialling = yield* makeDialling()
  const lab = yield* watch(dialling, options)
  const device = yield* dialling.next
  yield* device.send(hello5)
  yield* lab.client.awaitConnected
  yield* device.settle
  lab.events.length = 0
  return { dialling, device, ...lab }
})

const nothing: Client.Contract<never, never> = {
  requests: new Map<string, never>(),
  sensorTypes: new Map<string, never>()
}

/** Other tests check the wanted and known sensors. */
const isOfLink = ({ _tag }: { readonly _tag: string }) => _tag !== "Syncing" && _tag !== "Synced"

/** The events of a client's connection from now on, as text. */
export const record = Effect.fnUntraced(function* (client: Pick<Client.Client<never, never>, "events" | "state">) {
  const events: Array<string> = []
  const states: Array<string> = []
  yield* Effect.forkScoped(
    Stream.runForEach(Stream.filter(client.events, isOfLink), (event) =>
      Effect.sync(() => events.push(describe(event)))
    ),
    immediately
  )
  yield* Effect.forkScoped(
    Stream.runForEach(Stream.filter(SubscriptionRef.changes(client.state), isOfLink), (state) =>
      Effect.sync(() => states.push(state._tag))
    ),
    immediately
  )
  return { events, states }
})

const describe = (event: Client.ClientEvent): string => {
  switch (event._tag) {
    case "Connecting":
      return `Connecting ${event.attempt}`
    case "ConnectFailed":
      return `ConnectFailed ${event.attempt}: ${why(event.reason)}`
    case "Connected":
      return `Connected ${event.protocol}`
    case "Sleeping":
      return `Sleeping ${event.delay}`
    case "Disconnected":
    case "Closed":
      return `${event._tag}: ${why(event.reason)}`
    default:
      return event._tag
  }
}

/** The reason of an error in a word, of a lost connection the detail. */
export const why = ({ reason }: KatcpError): string => (reason._tag === "Disconnected" ? reason.detail : reason._tag)

/** How a request ended: the reply, or the reason without one and whether it was sent. */
export const outcome = <A>(request: Effect.Effect<A, { readonly _tag: string } | KatcpError>) =>
  Effect.match(request, {
    onSuccess: (value) => String(value),
    onFailure: (error) => {
      if (!("reason" in error)) return error._tag
      const { reason } = error
      return reason._tag === "Disconnected" ? `${reason.detail}, ${reason.sent ? "sent" : "not sent"}` : reason._tag
    }
  })
