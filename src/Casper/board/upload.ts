/**
 * Uploads: a design is sent to the board over a port that the board opens for it. Stages: request a port, send the
 * file, close the direction, wait for `#fpga mapped` and `#fpga ready`, then check `?fpgastatus`. The board reports a
 * failure as a line of its log.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { causeOf, type KatcpError } from "../../Message/index.ts"
import type { Core } from "./Core.ts"
import { type BoardRefused, UploadFailed } from "./errors.ts"

/**
 * The progress of an upload.
 *
 * @category models
 * @since 0.1.0
 */
export type UploadProgress =
  /** The board has opened a port, for any connection. */
  | { readonly _tag: "Waiting"; readonly port: number }
  /** The number of bytes passed to the network, and the total. */
  | { readonly _tag: "Sending"; readonly sent: number; readonly total: number }
  /** The whole file was sent, and the board has reported its state. */
  | { readonly _tag: "Programming"; readonly state: string }
  /** The last element. The FPGA is ready, confirmed by the board. A saved file is in the list of files. */
  | { readonly _tag: "Done"; readonly milliseconds: number }

/**
 * The options of an upload.
 *
 * @category models
 * @since 0.1.0
 */
export interface UploadOptions {
  /** The timeout of the whole upload. Default 2 minutes. */
  readonly timeout?: Duration.Input | undefined
  /** The port that the board must open. By default the board's `uploadPorts`, one after another. */
  readonly port?: number | undefined
}

/** The smallest file that a board accepts. Given by tcpborphserver. */
const leastBytes = 128
/**
 * Bytes of one write: small enough to show progress, large enough to cost little. Not measured: a design of 10 MB takes
 * 160 writes of some 3 µs each.
 */
const chunkSize = 65536
/** The port may open a moment after the board's reply. */
const dialling = { times: 10, delay: "200 millis" } as const

interface Plan {
  /** The request that opens a port. */
  readonly ask: (port: number) => Effect.Effect<unknown, BoardRefused | KatcpError>
  /** Waits until the board has processed the file. */
  readonly finish: (
    event: (progress: UploadProgress) => void,
    events: Queue.Dequeue<BoardEvent>,
    began: number
  ) => Effect.Effect<void, UploadFailed | KatcpError>
}

/** An asynchronous inform of the board. */
type BoardEvent =
  | { readonly _tag: "State"; readonly state: string }
  | { readonly _tag: "Log"; readonly level: string; readonly module: string; readonly text: string }

type Failing = UploadFailed | KatcpError

const failure = (core: Core, began: number, stage: UploadFailed["stage"], detail: string) =>
  new UploadFailed({ host: core.options.text, stage, detail, reasons: core.log.since(began) })

/** Sends a file by a plan; one at a time for each board. */
const send = (
  core: Core,
  file: Uint8Array,
  options: UploadOptions | undefined,
  plan: Plan
): Stream.Stream<UploadProgress, Failing> =>
  Stream.callback<UploadProgress, Failing>(
    (queue) =>
      Effect.gen(function* () {
        const timeout = options?.timeout ?? "2 minutes"
        let began = core.log.count
        const start = yield* Clock.monotonicTimeNanos
        let stage: UploadFailed["stage"] = "checking"
        const fail = (detail: string) => Effect.fail(failure(core, began, stage, detail))
        let sent = 0
        const event = (progress: UploadProgress) => {
          if (progress._tag === "Sending") sent = progress.sent
          Queue.offerUnsafe(queue, progress)
        }
        const work = Effect.gen(function* () {
          if (file.length < leastBytes)
            return yield* fail(
              `a file of ${file.length} bytes is too short: the server takes no less than ${leastBytes}`
            )
          stage = "asking"
          const events = yield* eventsOf(core)
          const port = yield* openPort(core, options, plan.ask)
          // log lines about other ports are not reasons for later failures
          began = core.log.count
          event({ _tag: "Waiting", port })
          stage = "sending"
          yield* Effect.catchTag(transfer(core, port, file, event), "SocketError", ({ reason }) =>
            fail(
              `the file was not sent as a whole over port ${port} (${sent} of ${file.length} bytes): ${causeOf(reason)}`
            )
          )
          stage = "programming"
          yield* plan.finish(event, events, began)
          event({ _tag: "Done", milliseconds: Math.round(Number((yield* Clock.monotonicTimeNanos) - start) / 1e6) })
        }).pipe(
          Effect.scoped,
          Effect.timeoutOrElse({
            duration: timeout,
            orElse: () => {
              const within = `within ${Duration.format(Duration.fromInputUnsafe(timeout))}`
              return fail(
                stage === "programming"
                  ? `the board did not get ready ${within}`
                  : stage === "sending"
                    ? `the board did not take the file ${within}: ${sent} of ${file.length} bytes were sent`
                    : `the board did not open a port ${within}`
              )
            }
          }),
          Effect.onInterrupt(() =>
            stage === "programming"
              ? Effect.logWarning(`${core.options.text} goes on by itself with the file that it was sent`)
              : Effect.void
          )
        )
        const alone = core.uploading.withPermitsIfAvailable(1)(work)
        const exit = yield* Effect.exit(
          Effect.flatMap(alone, (done) =>
            done._tag === "None" ? fail("another upload to this board is going on already") : Effect.void
          )
        )
        yield* Exit.isSuccess(exit) ? Queue.end(queue) : Queue.failCause(queue, exit.cause)
      }),
    { bufferSize: 1024, strategy: "sliding" }
  )

/** The states and log lines from the board from now on. */
const eventsOf = (core: Core): Effect.Effect<Queue.Queue<BoardEvent>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const events = yield* Queue.sliding<BoardEvent>(256)
    yield* core.client.onInform("fpga", (message) => {
      Queue.offerUnsafe(events, { _tag: "State", state: message.text(0) ?? "" })
    })
    yield* core.client.onInform("log", (message) => {
      const [level = "", module = "", text = ""] = [0, 2, 3].map((at) => message.text(at))
      Queue.offerUnsafe(events, { _tag: "Log", level, module, text })
    })
    return events
  })

/** Requests one port after another until the board opens one. */
const openPort = (core: Core, options: UploadOptions | undefined, ask: Plan["ask"]): Effect.Effect<number, Failing> => {
  const ports = options?.port === undefined ? core.options.uploadPorts : [options.port]
  const began = core.log.count
  const next = (at: number, refusal: string): Effect.Effect<number, Failing> => {
    const port = ports[at]
    if (port === undefined)
      return Effect.fail(
        failure(core, began, "asking", `the board opens none of the ports ${ports.join(", ")}${refusal}`)
      )
    return Effect.as(ask(port), port).pipe(
      Effect.catchTag("BoardRefused", ({ code, detail }) =>
        next(at + 1, ` (${[code, detail].filter((text) => text !== "").join(" ")})`)
      )
    )
  }
  return next(0, "")
}

/** Sends the file as the board takes it, and closes the direction, which marks the end of the file. */
const transfer = (
  core: Core,
  port: number,
  file: Uint8Array,
  event: (progress: UploadProgress) => void
): Effect.Effect<void, Socket.SocketError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const socket = yield* core.network.dial(core.options.host, port)
      const pull = yield* Effect.retry(
        Socket.readerBytes(socket),
        Schedule.max([Schedule.recurs(dialling.times), Schedule.spaced(dialling.delay)])
      )
      const sending = yield* Scope.fork(yield* Effect.scope)
      const { write } = yield* Scope.provide(socket.writer, sending)
      // a write to a broken connection does not return: the reader notices
      const broken = pull.pipe(Effect.forever)
      const writing = Effect.gen(function* () {
        for (let at = 0; at < file.length; at += chunkSize) {
          yield* write(file.subarray(at, at + chunkSize))
          event({ _tag: "Sending", sent: Math.min(file.length, at + chunkSize), total: file.length })
        }
        yield* Scope.close(sending, Exit.void)
      })
      const early = Effect.mapError(broken, (error) =>
        error.reason._tag === "SocketCloseError"
          ? new Socket.SocketError({
              reason: new Socket.SocketWriteError({
                cause: new Error("the board closed the connection before it had all")
              })
            })
          : error
      )
      yield* Effect.raceFirst(writing, early)
      // the board closes its side when it has everything; a reset means that it does not
      yield* Effect.catchReason(broken, "SocketError", "SocketCloseError", () => Effect.void)
    })
  )

/** Waits until the FPGA is ready, and confirms its state. */
const untilReady =
  (core: Core): Plan["finish"] =>
  (event, events, began) =>
    Effect.gen(function* () {
      // another client may query the state of the former design, which is ready: the new one is mapped first
      let mapped = false
      for (;;) {
        // without a connection there are no informs: the board continues by itself, and is queried after reconnecting
        const one = yield* Effect.raceFirst(Queue.take(events), reconnected(core))
        if (one === "reconnected") {
          if (yield* isReady(core)) break
          mapped = true
          continue
        }
        if (one._tag === "State") {
          event({ _tag: "Programming", state: one.state })
          if (one.state === "mapped") mapped = true
          if (mapped && one.state === "ready" && (yield* isReady(core))) break
        } else if (one.module === "kcpfpg" && (one.level === "error" || one.level === "fatal")) {
          // the board's programming helper has given up
          return yield* failure(core, began, "programming", "the FPGA was not programmed")
        }
      }
      core.forget()
    })

/** Waits until the connection is lost and restored. */
const reconnected = (core: Core): Effect.Effect<"reconnected", KatcpError> =>
  Effect.suspend(() => {
    if (!core.client.isConnected) return Effect.as(core.client.awaitConnected, "reconnected" as const)
    return core.client.events.pipe(
      Stream.filter(() => !core.client.isConnected),
      Stream.runHead,
      Effect.andThen(core.client.awaitConnected),
      Effect.as("reconnected" as const)
    )
  })

/** Checks that the FPGA is ready. Returns `false` while it is not, or if the connection is lost. */
const isReady = (core: Core): Effect.Effect<boolean, KatcpError> =>
  core.ask("fpgastatus", core.client.request.fpgastatus()).pipe(
    Effect.as(true),
    Effect.catchTag("BoardRefused", () => Effect.succeed(false)),
    Effect.catchReason("KatcpError", "Disconnected", () => Effect.succeed(false))
  )

/** Sends a design and programs the FPGA with it. */
export const upload = (core: Core, file: Uint8Array, options?: UploadOptions) =>
  send(core, file, options, {
    ask: (port) => core.ask("progremote", core.client.request.progremote({ port })),
    finish: untilReady(core)
  })

/** Sends a file that the board keeps, and checks that the board lists it. */
export const save = (core: Core, name: string, file: Uint8Array, options?: UploadOptions) =>
  send(core, file, options, {
    ask: (port) => core.ask("saveremote", core.client.request.saveremote({ port, file: name })),
    finish: (_event, _news, began) =>
      Effect.flatMap(core.ask("listbof", core.client.request.listbof()), ({ informs }) =>
        informs.some(({ file }) => file === name)
          ? Effect.void
          : Effect.fail(failure(core, began, "programming", `the board does not list ${name}`))
      ).pipe(
        Effect.catchTag("BoardRefused", () =>
          Effect.fail(failure(core, began, "programming", "the board does not list its files"))
        )
      )
  })
