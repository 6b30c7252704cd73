/** The example device in memory, behind a proxy that makes it faulty; time passes by itself there. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import * as TestClock from "effect/testing/TestClock"
import { Server } from "katcp"
import { Dialect } from "katcp/Codec"
import { type Options, type Report, run } from "katcp/Conform"
import { Protocol } from "katcp/Message"
import { MemoryNetwork } from "katcp/Testing"
import { Example } from "../../examples/example/contract.ts"
import { ExampleLive } from "../../examples/example/handlers.ts"
import type { Fault, Passing } from "./Fault.ts"

/** The devices that the checks are tried on. */
export const protocols = {
  v5: Protocol.make(5, 1, "BIMT"),
  /** Without bulk sampling and time-out hints. */
  plain: Protocol.make(5, 0, "IM"),
  single: Protocol.make(5, 1, "BIT"),
  v4: Protocol.make(4, 0, "M")
} as const

export type Kind = keyof typeof protocols

/** When the tests take place. */
const now = 1_800_000_000_000

const turns = (times: number) => Effect.repeat(Effect.yieldNow, { times })

/** Runs an effect while its clock goes on, whenever there was time to do what is to be done. */
export const whileTimePasses = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  yield* TestClock.setTime(now)
  const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
  while (fiber.pollUnsafe() === undefined) {
    yield* turns(40)
    if (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("20 millis")
  }
  return yield* Fiber.join(fiber)
})

/** Serves the example device on a network of its own, and gives what dials it. */
export const device = Effect.fnUntraced(function* (kind: Kind) {
  const protocol = protocols[kind]
  const context = yield* Layer.build(MemoryNetwork.layer)
  const server = Server.layer(Example, { protocol }).pipe(
    Layer.provide(ExampleLive({ sensors: 0, dialect: Dialect.of(protocol) })),
    Server.launch
  )
  yield* Effect.forkScoped(Effect.provideContext(server, context), { startImmediately: true })
  yield* turns(40)
  return dialling(Context.get(context, MemoryNetwork))
})

const dialling = (network: MemoryNetwork["Service"], address?: NetAddress.InetAddress) =>
  Layer.effect(Socket.Socket, address === undefined ? network.connect : network.connectTo(address))

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

/** The proxy between a client and the device. */
class Proxy {
  private readonly sessions = new Set<{ readonly out: Queue.Queue<string>; readonly closed: Deferred.Deferred<void> }>()
  private readonly device: Layer.Layer<Socket.Socket>
  private readonly fault: Fault
  private readonly gone: Deferred.Deferred<void>
  private count = 0

  constructor(device: Layer.Layer<Socket.Socket>, fault: Fault, gone: Deferred.Deferred<void>) {
    this.device = device
    this.fault = fault
    this.gone = gone
  }

  readonly serve = (client: Socket.Socket) => Effect.ignore(Effect.scoped(this.pass(client)))

  private readonly pass = Effect.fnUntraced({ self: this }, function* (client: Socket.Socket) {
    const number = ++this.count
    const { came, keepsOpen, lingers, sent } = number === 1 && this.fault.first !== true ? ({} as Fault) : this.fault
    const writer = yield* client.writer
    const pull = yield* Socket.readerBytes(client)
    const upstream = Context.get(yield* Layer.build(Layer.fresh(this.device)), Socket.Socket)
    const sending = yield* Scope.fork(yield* Effect.scope)
    const pullUp = yield* Socket.readerBytes(upstream)
    const up = yield* Scope.provide(upstream.writer, sending)
    const out = yield* Queue.unbounded<string>()
    const closed = yield* Deferred.make<void>()
    const session = { out, closed }
    this.sessions.add(session)
    yield* Effect.addFinalizer(() => Effect.sync(() => this.sessions.delete(session)))
    const emit = (line: string) => Queue.offerUnsafe(out, `${line}\n`)
    const others = () => [...this.sessions].filter((other) => other !== session)
    const end = ({ closed }: typeof session) => Deferred.doneUnsafe(closed, Effect.void)
    const passing: Passing = {
      number,
      toClient: emit,
      toOthers: (line) => {
        for (const other of others()) Queue.offerUnsafe(other.out, `${line}\n`)
      },
      close: () => end(session),
      closeOthers: () => {
        for (const other of others()) end(other)
      },
      die: () => Deferred.doneUnsafe(this.gone, Effect.void)
    }
    this.fault.opened?.(passing)
    yield* Effect.addFinalizer(() => Effect.sync(() => this.fault.closed?.(passing)))
    const upward = pull.pipe(
      Effect.flatMap((chunks) => {
        const text = chunks
          .map(latin1)
          .map((chunk) => sent?.(chunk, passing) ?? chunk)
          .join("")
        return text === "" ? Effect.void : up.write(Buffer.from(text, "latin1"))
      }),
      Effect.forever,
      Effect.ignore,
      Effect.andThen(keepsOpen === true ? Effect.never : Scope.close(sending, yield* Effect.exit(Effect.void))),
      Effect.andThen(Effect.never)
    )
    let rest = ""
    const downward = pullUp.pipe(
      Effect.map((chunks) => {
        const lines = (rest + chunks.map(latin1).join("")).split("\n")
        rest = lines.pop()!
        return lines.flatMap((line) => came?.(line, passing) ?? [line]).map(emit)
      }),
      Effect.forever,
      Effect.ignore,
      Effect.andThen(lingers === true ? Effect.never : Effect.void)
    )
    const written = Effect.forever(Effect.flatMap(Queue.take(out), (text) => writer.write(Buffer.from(text, "latin1"))))
    // what the device said last still goes out
    const last = Effect.andThen(Deferred.await(this.gone), turns(5))
    const ended = Effect.andThen(Effect.raceFirst(downward, Deferred.await(closed)), turns(5))
    yield* Effect.raceAllFirst([upward, ended, Effect.ignore(written), last])
  })
}

const behind: NetAddress.InetAddress = NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 7148)

/** The device with a fault. */
export const faulty = Effect.fnUntraced(function* (kind: Kind, fault: Fault) {
  const network = Context.get(yield* Layer.build(MemoryNetwork.layerEmpty()), MemoryNetwork)
  const gone = yield* Deferred.make<void>()
  const proxy = new Proxy(yield* device(kind), fault, gone)
  const listening = yield* Scope.fork(yield* Effect.scope)
  const server = yield* Scope.provide(Effect.orDie(network.listen(behind)), listening)
  yield* Effect.forkScoped(server.run(proxy.serve), { startImmediately: true })
  yield* Deferred.await(gone).pipe(
    Effect.andThen(turns(5)),
    Effect.andThen(Scope.close(listening, yield* Effect.exit(Effect.void))),
    Effect.forkScoped({ startImmediately: true })
  )
  return dialling(network, behind)
})

/** Something else that listens where a device should. */
export const stranger = Effect.fnUntraced(function* (
  handler: (socket: Socket.Socket) => Effect.Effect<void, Socket.SocketError, Scope.Scope>
) {
  const network = Context.get(yield* Layer.build(MemoryNetwork.layerEmpty()), MemoryNetwork)
  const server: SocketServer.SocketServer["Service"] = yield* Effect.orDie(network.listen(behind))
  yield* Effect.forkScoped(
    server.run((socket) => Effect.scoped(Effect.ignore(handler(socket)))),
    { startImmediately: true }
  )
  return dialling(network, behind)
})

/** A whole run, with everything allowed. */
export const report = (device: Layer.Layer<Socket.Socket>, options: Partial<Options> = {}) =>
  run({ device, destructive: true, testRequests: true, ...options }).pipe(
    Effect.flatMap(({ facts, results }) =>
      Effect.map(Stream.runCollect(results), (results): Report => ({ facts, results }))
    ),
    whileTimePasses
  )
