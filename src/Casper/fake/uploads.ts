/** The upload ports of a fake board. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { Message } from "../../Message/index.ts"
import * as Fpg from "../fpg/index.ts"
import type { Network } from "../Network.ts"
import { ok, type Reply, refuse } from "./requests.ts"
import type { State } from "./State.ts"

/** The largest file that is accepted: 256 MiB. Not measured: four times the largest designs. */
const maxFile = 268435456
/**
 * The port for uploads if the client names none. Not measured: a choice of this fake; boards take the port from the
 * request.
 */
const defaultPort = 7146

/** The environment of a fake board, for its requests. */
export interface FakeEnvironment {
  readonly network: Network["Service"]
  /** The scope of the board, in which the ports stay open. */
  readonly scope: Scope.Scope
  /** Sets the time of log lines. */
  readonly tick: Effect.Effect<void>
  /** Closes the connections of all clients. */
  readonly dropClients: Effect.Effect<void>
}

type Begin = (state: State, message: Message, around: FakeEnvironment) => Effect.Effect<Reply>

/** Opens the port, and announces it before anything is sent; calls `done` with the file. */
const open = (
  state: State,
  around: FakeEnvironment,
  { done, port, seconds }: { port: number; seconds: number; done: (file: Uint8Array) => Effect.Effect<void> }
): Effect.Effect<Reply> =>
  Effect.gen(function* () {
    const { network, scope, tick } = around
    if (!(port > 1024 && port <= 65535))
      return refuse(
        state,
        "invalid",
        port <= 1024 ? `unwilling to bind reserved port ${port}` : `port ${port} is out of range`
      )
    if (state.uploading) return refuse(state, "fail", "another upload already in progress")
    if (state.faults.takenPorts?.includes(port) === true)
      return refuse(state, "fail", `unable to bind port ${port}: Address already in use`)
    const here = yield* Scope.fork(scope)
    const ended = Effect.suspend(() => {
      state.uploading = false
      return Scope.close(here, Exit.void)
    })
    if (state.faults.upload !== "refused") {
      const listening = yield* Effect.result(Scope.provide(network.listen(state.built.host, port), here))
      if (Result.isFailure(listening)) {
        yield* ended
        return refuse(state, "fail", `unable to bind port ${port}: Address already in use`)
      }
      state.uploading = true
      const taken = Latch.makeUnsafe(false)
      const accept = (socket: Socket.Socket) =>
        Effect.gen(function* () {
          if (taken.isOpen()) return
          taken.openUnsafe()
          const file = yield* receive(socket, state.faults.upload === "cut" ? 4096 : maxFile)
          yield* tick
          if (file === undefined) state.clients.log("error", "raw", "upload was cut short")
          else yield* done(file)
        }).pipe(Effect.ensuring(Effect.forkIn(ended, scope)))
      const late = Effect.gen(function* () {
        yield* Effect.sleep(`${seconds} seconds`)
        if (taken.isOpen()) return
        yield* tick
        state.clients.log("error", "raw", `no transfer on port ${port} within ${seconds} seconds`)
        yield* Effect.forkIn(ended, scope)
      })
      yield* Effect.forkIn(listening.success.run(accept), here, { startImmediately: true })
      yield* Effect.forkIn(late, here)
    }
    state.clients.log("info", "raw", `awaiting transfer on port ${port}`)
    return ok
  })

/** Receives all bytes of a connection; `undefined` if it broke, or if there are more than the limit. */
const receive = (socket: Socket.Socket, limit: number): Effect.Effect<Uint8Array | undefined> =>
  Effect.scoped(
    Effect.gen(function* () {
      const pull = yield* Socket.readerBytes(socket)
      const parts: Array<Uint8Array> = []
      let size = 0
      const whole = yield* pull.pipe(
        Effect.map((chunks) => {
          for (const chunk of chunks) {
            parts.push(chunk)
            size += chunk.length
          }
          return size > limit
        }),
        Effect.repeat({ until: (much) => much }),
        Effect.as(false),
        Effect.catch(({ reason }) => Effect.succeed(reason._tag === "SocketCloseError" && reason.code === 1000))
      )
      if (!whole) return undefined
      const file = new Uint8Array(size)
      let at = 0
      for (const part of parts) {
        file.set(part, at)
        at += part.length
      }
      return file
    })
  ).pipe(Effect.orElseSucceed(() => undefined))

/** Decompresses a file that is compressed as a whole. */
const decompressed = (file: Uint8Array): Effect.Effect<Uint8Array | undefined> =>
  file[0] !== 0x1f || file[1] !== 0x8b
    ? Effect.succeed(file)
    : Effect.tryPromise(async () => {
        const stream = new Blob([file as Uint8Array<ArrayBuffer>]).stream()
        return new Uint8Array(await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer())
      }).pipe(Effect.orElseSucceed(() => undefined))

/** Programs the FPGA with the received file, in the words of the server and of its helper, which is a client of it. */
const programmed = (state: State, { dropClients, tick }: FakeEnvironment) =>
  Effect.fnUntraced(function* (file: Uint8Array) {
    state.uploads++
    const fault = state.faults.upload
    if (fault === "silent") return
    if (fault === "dropped") yield* dropClients
    const plain = yield* decompressed(file)
    const design = plain === undefined || plain.length < 128 ? undefined : Result.getOrUndefined(Fpg.parse(plain))
    const helper = "127.0.0.1:46288"
    yield* tick
    const { clients } = state
    clients.log("info", "raw", `new client connection ${helper}`)
    clients.broadcast("client-connected", helper)
    const broken = fault === "broken" || design === undefined
    if (broken && state.fpga !== "down") state.deprogram()
    if (!broken) state.program(design)
    clients.log("info", "raw", `received end of file from ${helper}`)
    clients.broadcast("client-disconnected", helper)
    clients.log("info", "kcpfpg", "retrying connect to port 7146")
    if (broken) clients.log("error", "kcpfpg", "unable to program bit stream")
    else clients.log("info", "kcpfpg", "fpga programmed")
  })

const numberAt = (message: Message, at: number, otherwise: number): number =>
  message.length > at ? Number(message.text(at)) : otherwise

const progremote: Begin = (state, message, around) =>
  open(state, around, {
    port: numberAt(message, 0, defaultPort),
    seconds: numberAt(message, 2, 30),
    done: programmed(state, around)
  })

const saveremote: Begin = (state, message, around) =>
  Effect.suspend(() => {
    const file = message.text(1)
    if (file === undefined) return Effect.succeed(refuse(state, "invalid", "need a port and file name to save data"))
    if (file.includes("/") || file.startsWith("."))
      return Effect.succeed(refuse(state, "fail", `client attempts to specify a path (${file})`, "fatal"))
    return Effect.tap(
      open(state, around, {
        port: numberAt(message, 0, defaultPort),
        seconds: numberAt(message, 3, 30),
        done: (bytes) =>
          Effect.sync(() => {
            state.files.set(file, bytes)
          })
      }),
      ([code]) =>
        Effect.sync(() => {
          if (code === "ok" && !state.files.has(file)) state.files.set(file, new Uint8Array(0))
        })
    )
  })

const progdev: Begin = (state, message) =>
  Effect.sync(() => {
    const name = message.text(0)
    if (name === undefined) {
      state.deprogram()
      return ok
    }
    const file = state.files.get(name)
    if (file === undefined) return refuse(state, "fail", `unable to open ${name}: No such file or directory`)
    const design = Result.getOrUndefined(Fpg.parse(file))
    if (design === undefined || (design.format === "fpg" && !state.built.fpgOnBoard))
      return refuse(state, "fail", `unable to program ${name}`)
    state.program(design)
    return ok
  })

/** The requests whose answers take time, or are followed by informs. */
export const beginners: ReadonlyMap<string, Begin> = new Map<string, Begin>([
  ["progdev", progdev],
  ["progremote", progremote],
  ["saveremote", saveremote],
  ["upload", progremote],
  ["uploadbin", progremote],
  ["uploadbof", saveremote]
])
