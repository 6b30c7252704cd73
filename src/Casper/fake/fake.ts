import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import { Outbox, Parser, Turn } from "../../Codec/index.ts"
import { isMessage, type Message } from "../../Message/index.ts"
import { Peer } from "../../Server/index.ts"
import type * as Fpg from "../fpg/index.ts"
import { Network } from "../Network.ts"
import { BoardClient } from "./Clients.ts"
import { handlers, type Reply, refuse } from "./requests.ts"
import { type Faults, type FpgaState, State } from "./State.ts"
import { taps } from "./taps.ts"
import { beginners, type FakeEnvironment } from "./uploads.ts"

/**
 * The options of a fake board. Each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface FakeOptions {
  /** The initial design in the FPGA. By default the FPGA is not programmed. */
  readonly design?: Fpg.Fpg | undefined
  /**
   * `board` (default): words are big-endian and independent. `x86`: words are little-endian, and each later word of one
   * `?wordwrite` is ORed with the word before it, as tcpborphserver3 does on a PC.
   */
  readonly profile?: "board" | "x86" | undefined
  /** The listening address. Default 127.0.0.1. */
  readonly host?: string | undefined
  /** The port. Default 7147. */
  readonly port?: number | undefined
  /** The files on the board, by name. None by default. */
  readonly files?: Readonly<Record<string, Uint8Array>> | undefined
  /** `true` for a board with `?bulkread`, like tcpborphserver2. Default `false`. */
  readonly bulkread?: boolean | undefined
  /**
   * `true` for a board that `?progdev` can program with an `.fpg` file on it. Default `false`, as in tcpborphserver3.
   */
  readonly fpgOnBoard?: boolean | undefined
  /** The initial faults. None by default. */
  readonly faults?: Faults | undefined
}

/**
 * A board in memory, for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface FakeBoard {
  /** The listening address: `127.0.0.1:7147`. */
  readonly address: string
  /** The state of the FPGA. */
  readonly state: FpgaState
  /** The design in the FPGA. */
  readonly design: Fpg.Fpg | undefined
  /** The number of designs received over upload ports. */
  readonly uploads: number
  /** The number of clients. */
  readonly clients: number
  /** The names of the files on the board. */
  readonly files: ReadonlyArray<string>
  /** Returns the bytes of a register in the FPGA's order, or `undefined` without such a register. */
  readonly peek: (register: string) => Uint8Array | undefined
  /** Writes to a register as the FPGA does. Returns `false` without such a register, or if the bytes do not fit. */
  readonly poke: (register: string, bytes: Uint8Array, offset?: number) => boolean
  /** Sets the faults from now on. */
  readonly setFaults: (faults: Faults) => void
  /** Logs a line to all clients. */
  readonly log: (level: "fatal" | "error" | "warn" | "info", text: string) => Effect.Effect<void>
  /** Closes the connections of all clients. */
  readonly dropClients: Effect.Effect<void>
}

/**
 * Serves a fake board until the scope closes: tcpborphserver3 with an FPGA in memory, with its quirks and its upload
 * port. It reproduces a recorded session of the real server line by line. Fails with `SocketServerError` if its port is
 * taken.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import * as Casper from "katcp/Casper"
 * import { MemoryNetwork } from "katcp/Testing"
 *
 * const design = Casper.Fpg.make({ registers: { acc_len: { address: 0x100, length: 4 } } })
 * const program = Effect.gen(function* () {
 *   const fake = yield* Casper.fake({ design })
 *   const board = yield* Casper.connect({ host: "127.0.0.1" })
 *   yield* board.writeUint("acc_len", 1024)
 *   return fake.peek("acc_len")
 * })
 * const network = Casper.Network.layerMemory.pipe(Layer.provide(MemoryNetwork.layerEmpty()))
 * const bytes = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(network)))
 * if (String(bytes) !== "0,0,4,0") throw new Error("never")
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const fake = Effect.fnUntraced(function* (
  options: FakeOptions = {}
): Effect.fn.Return<FakeBoard, SocketServer.SocketServerError, Network | Scope.Scope> {
  const network = yield* Network
  const scope = yield* Effect.scope
  const { bulkread = false, design, fpgOnBoard = false, host = "127.0.0.1", port = 7147, profile = "board" } = options
  const state = new State({ profile, host, bulkread, fpgOnBoard }, new Map(Object.entries(options.files ?? {})))
  state.faults = options.faults ?? {}
  if (design !== undefined) state.load(design)
  const connections = new Set<Latch.Latch>()
  const tick = Effect.map(Clock.currentTimeMillis, (now) => {
    state.clients.time = now
  })
  const dropClients = Effect.sync(() => {
    for (const drop of connections) drop.openUnsafe()
  })
  const around: FakeEnvironment = { network, scope, tick, dropClients }
  const server = yield* network.listen(host, port)
  const serve = (socket: Socket.Socket) =>
    Effect.suspend(() => {
      const drop = Latch.makeUnsafe(false)
      connections.add(drop)
      return Effect.raceFirst(Effect.scoped(converse(state, socket, around)), drop.await).pipe(
        Effect.ensuring(Effect.sync(() => connections.delete(drop)))
      )
    })
  yield* Effect.forkScoped(server.run(serve), { startImmediately: true })
  const address = NetAddress.isInetAddress(server.address) ? NetAddress.formatInet(server.address) : `${host}:${port}`
  return {
    address,
    get state() {
      return state.fpga
    },
    get design() {
      return state.design
    },
    get uploads() {
      return state.uploads
    },
    get clients() {
      return state.clients.size
    },
    get files() {
      return [...state.files.keys()]
    },
    peek: (name) => {
      const register = state.registers.get(name)
      return register === undefined ? undefined : state.memory.read(register.address, register.length)
    },
    poke: (name, bytes, offset = 0) => {
      const register = state.registers.get(name)
      if (register === undefined || offset + bytes.length > register.length) return false
      state.memory.write(register.address + offset, bytes)
      return true
    },
    setFaults: (faults) => {
      state.faults = faults
    },
    log: (level, text) => Effect.map(tick, () => state.clients.log(level, "raw", text)),
    dropClients
  }
})

/** Serves one client: its requests one after another, and its informs. */
const converse = Effect.fnUntraced(function* (state: State, socket: Socket.Socket, around: FakeEnvironment) {
  const fiber = yield* Effect.withFiber(Effect.succeed)
  const clock = yield* Clock.Clock
  const pull = yield* Socket.readerBytes(socket)
  const broken = Latch.makeUnsafe(false)
  const outbox = new Outbox({
    sink: yield* socket.writer,
    turn: new Turn(fiber.currentDispatcher),
    scope: yield* Effect.scope,
    run: Effect.runForkWith(fiber.context),
    onFailure: () => {
      broken.openUnsafe()
    }
  })
  const peer = fiber.getRef(Peer)
  const client = new BoardClient(
    peer !== undefined && NetAddress.isInetAddress(peer) ? NetAddress.formatInet(peer) : "127.0.0.1:1",
    outbox
  )
  client.inform("version", "75dde9d-dirty")
  client.inform("build-state", "2026-11-29T04:47:12")
  yield* around.tick
  state.clients.enter(client)
  yield* Effect.addFinalizer(() => Effect.map(around.tick, () => state.clients.leave(client)))
  const parser = new Parser()
  // requests that are answered at once need no effect, and their replies are sent in one write
  const requests: Effect.Effect<void> = Effect.suspend(() => {
    state.clients.time = clock.currentTimeMillisUnsafe()
    for (let found = parser.next(); found !== undefined; found = parser.next()) {
      if (!isMessage(found) || found.kind !== "request") continue
      const { name } = found
      const answer = answerTo(state, found, client, around)
      if (Effect.isEffect(answer)) {
        client.flush()
        return Effect.flatMap(answer, (reply) => {
          client.reply(name, reply)
          return requests
        })
      }
      client.reply(name, answer)
      if (client.isBehind()) return Effect.andThen(client.drained, requests)
    }
    client.flush()
    return Effect.void
  })
  const reading = Effect.forever(
    Effect.flatMap(pull, (chunks) => {
      if (chunks.length === 1) {
        parser.feed(chunks[0])
        return requests
      }
      return Effect.forEach(
        chunks,
        (chunk) => {
          parser.feed(chunk)
          return requests
        },
        { discard: true }
      )
    }),
    { disableYield: true }
  )
  // a client that closed its own direction still gets its replies
  const ended = Effect.catch(reading, ({ reason }) =>
    reason._tag === "SocketCloseError" && reason.code === 1000
      ? Effect.timeoutOption(client.drained, "1 second")
      : Effect.void
  )
  yield* Effect.raceFirst(ended, broken.await)
})

/** Returns the answer to a request. The server does not know ids: they are omitted. */
const answerTo = (
  state: State,
  message: Message,
  client: BoardClient,
  around: FakeEnvironment
): Reply | Effect.Effect<Reply> => {
  const { name } = message
  const fault = state.faults.requests?.[name]
  if (fault === "hang") return Effect.never
  if (fault === "drop") return Effect.andThen(around.dropClients, Effect.never)
  if (fault !== undefined) return refuse(state, "fail", fault)
  if (name === "help") return help(message, client, state)
  const begin = beginners.get(name)
  if (begin !== undefined) return begin(state, message, around)
  const handler = name === "bulkread" && !state.built.bulkread ? undefined : (handlers.get(name) ?? taps.get(name))
  return handler === undefined ? ["invalid", "unknown command"] : handler(state, message, client)
}

const help = (message: Message, client: BoardClient, { built }: State): Reply => {
  const names = [...handlers.keys(), ...taps.keys(), ...beginners.keys(), "help"].filter(
    (name) => name !== "bulkread" || built.bulkread
  )
  const asked = message.text(0)
  const chosen = asked === undefined ? names.sort() : names.filter((name) => name === asked)
  if (chosen.length === 0) return ["fail", "unknown command"]
  for (const name of chosen) client.inform("help", name, `?${name}`)
  return ["ok", chosen.length]
}
