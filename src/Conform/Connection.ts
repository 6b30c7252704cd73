import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { fromLatin1, toLatin1 } from "../Codec/index.ts"
import { Line, visible } from "./Line.ts"
import { Deviation, Unrunnable } from "./Verdict.ts"

/** Lines that are shown instead of expected ones. Not measured: a few lines of a report. */
const shownLines = 4
/**
 * Reply timeouts that an answer may take in all while other lines arrive. Not measured: 15 seconds by default; a device
 * that talks is not dead.
 */
const slowness = 5
/**
 * The time for the device to end its direction after ours has ended. Not measured: many round trips; checks do not fail
 * by it.
 */
const closeWait = Duration.millis(500)
/**
 * Consecutive failures to do so after which the wait is skipped. Not measured: 3 times half a second are all that a run
 * loses.
 */
const maxUnanswered = 3
/** A code: the first id of the requests that only show the progress of the device. Ids of the checks are lower. */
const firstFence = 1_000_000_000

/** The answer of a device to one request. */
export interface Answer {
  /** The request, as it was sent. */
  readonly request: string
  /** The informs with the request's name and id before the reply. */
  readonly informs: ReadonlyArray<Line>
  readonly reply: Line
}

/** The shared settings of a check's connections. */
export interface Settings {
  /** The longest wait for a line. */
  readonly replyTimeout: Duration.Duration
  /** `true` if the device accepts ids. */
  readonly ids: boolean
  /** The lines sent and received on all of them: `1> ?watchdog`. */
  readonly transcript: Array<string>
  /** The names of the informs in the device's greeting. */
  readonly greeting: ReadonlyArray<string>
  /** The number of connections that may be open at once. */
  readonly budget: number
  /** The number of connections so far, and of open ones. */
  count: number
  open: number
  /** The number of lines received on all of them. */
  received: number
  /**
   * `true` once the device has not served a connection: it ended before its greeting or with `#disconnect`, or it
   * stayed silent. A device may serve few clients at once.
   */
  turnedAway: boolean
  /** The knowledge of how the device ends connections, shared by all checks of a run. */
  readonly closing: {
    /** The number of consecutive times that the device has not ended its direction in time after ours had ended. */
    unanswered: number
  }
}

/** A connection controlled by a check: bytes out, lines in. Lines wait in the `inbox` until they are taken. */
export class Connection {
  /** Lines that were not taken. */
  inbox: Array<Line> = []
  /** `true` once the device has ended the connection. */
  over = false
  /** `true` to cut it at the end. Otherwise our direction is ended first, and the end of the other one is awaited. */
  isCut = false
  private readonly settings: Settings
  private readonly label: string
  private readonly writer: Socket.Writer
  private readonly sending: Scope.Closeable
  private rest = ""
  /** The names of the informs received. */
  private readonly informs = new Set<string>()
  private replied = false
  private fences = firstFence
  private version = 0
  /** `true` once the check is done with it: later lines are not recorded. */
  private isLeft = false
  private readonly waiting = new Set<() => void>()

  private constructor(settings: Settings, writer: Socket.Writer, sending: Scope.Closeable) {
    this.settings = settings
    this.label = `${++settings.count}`
    this.writer = writer
    this.sending = sending
  }

  /** Connects, and reads until the scope closes. */
  static readonly open = Effect.fnUntraced(function* (socket: Socket.Socket, settings: Settings) {
    const scope = yield* Effect.scope
    const sending = yield* Scope.fork(scope)
    const pull = yield* Socket.readerBytes(socket).pipe(
      Effect.timeoutOrElse({
        duration: settings.replyTimeout,
        orElse: () => Effect.fail(new Unrunnable({ reason: `no connection: ${nothing(settings.replyTimeout)}` }))
      }),
      Effect.catchTag("SocketError", (error) =>
        Effect.fail(new Unrunnable({ reason: `no connection: ${error.message}`, cause: error }))
      )
    )
    const writer = yield* Scope.provide(socket.writer, sending)
    const connection = new Connection(settings, writer, sending)
    yield* pull.pipe(
      Effect.map((chunks) => connection.receive(chunks)),
      Effect.forever({ disableYield: true }),
      Effect.catch(() => Effect.sync(() => connection.end())),
      Effect.forkIn(scope, { startImmediately: true })
    )
    yield* Effect.addFinalizer(() => connection.leave)
    return connection
  })

  /** Sends text (Latin-1) unchanged: no line end is added. */
  send(text: string): Effect.Effect<void, Deviation> {
    return Effect.suspend(() => {
      this.note(">", text)
      if (this.over) return Effect.void
      return this.writer.write(fromLatin1(text)).pipe(
        // the missing answer shows the end of the connection
        Effect.ignore,
        Effect.timeoutOrElse({
          duration: this.settings.replyTimeout,
          orElse: () =>
            this.over
              ? Effect.void
              : Effect.fail(
                  new Deviation({
                    expected: "the device reads what it is sent",
                    came: `it took nothing for ${Duration.format(this.settings.replyTimeout)}`
                  })
                )
        })
      )
    })
  }

  /** Sends one request, without its line end, and waits for its answer. Another reply in its place is a deviation. */
  ask(request: string): Effect.Effect<Answer, Deviation> {
    return Effect.andThen(this.send(`${request}\n`), this.answer(request))
  }

  /** Waits for the answer to a request that was sent. */
  answer(request: string): Effect.Effect<Answer, Deviation> {
    const { id, name } = headOf(request)
    const expected = `a reply to ${visible(request)}`
    const find = () => {
      const at = this.inbox.findIndex((line) => line.kind === "reply")
      if (at < 0) return undefined
      const reply = this.inbox[at]!
      if (reply.name !== name || reply.id !== id) return Effect.fail(new Deviation({ expected, came: `${reply}` }))
      const isPart = (line: Line) => line.isInform(name) && line.id === id
      const before = this.inbox.slice(0, at)
      this.inbox = [...before.filter((line) => !isPart(line)), ...this.inbox.slice(at + 1)]
      return Effect.succeed({ request, informs: before.filter(isPart), reply })
    }
    return Effect.flatten(this.until(expected, find))
  }

  /**
   * Sends text unchanged, followed by a request of its own. Returns the lines before the reply to that request. They
   * show the answer to the text, or its absence, and that the connection continues. Replies may arrive in any order
   * (Q-24): this many replies are awaited too.
   */
  exchange(text: string, replies = 0): Effect.Effect<ReadonlyArray<Line>, Deviation> {
    return Effect.suspend(() => {
      const id = this.settings.ids ? this.fences++ : undefined
      const name = id === undefined && text.includes("watchdog") ? "log-level" : "watchdog"
      const fence = `?${name}${id === undefined ? "" : `[${id}]`}`
      let before = 0
      const find = () => {
        before = this.inbox.findIndex((line) => line.kind === "reply" && line.name === name && line.id === id)
        return before < 0 ? undefined : this.inbox.splice(before, 1)
      }
      const missing = () => this.inbox.filter((line) => line.kind === "reply").length < replies
      return this.send(`${text}${fence}\n`).pipe(
        Effect.andThen(this.until(`the connection goes on: a reply to ${fence}`, find)),
        // the check reports the missing one
        Effect.andThen(Effect.ignore(this.until("replies", () => (missing() ? undefined : true)))),
        Effect.map(() => this.inbox.splice(0, replies === 0 ? before : this.inbox.length))
      )
    })
  }

  /** Waits for a line and takes it. */
  take(expected: string, isIt: (line: Line) => boolean): Effect.Effect<Line, Deviation> {
    return this.until(expected, () => {
      const at = this.inbox.findIndex(isIt)
      return at < 0 ? undefined : this.inbox.splice(at, 1)[0]
    })
  }

  /** Waits for the informs of a greeting and takes them. A missing one is not awaited any longer. */
  greeted(names: ReadonlyArray<string>): Effect.Effect<void> {
    const isPart = (line: Line) => line.kind === "inform" && names.includes(line.name)
    return this.until("a greeting", () => (this.inbox.filter(isPart).length < names.length ? undefined : true)).pipe(
      Effect.ignore,
      Effect.map(() => this.forget(isPart))
    )
  }

  /** Waits for a line and leaves it in the inbox. */
  peek(expected: string, isIt: (line: Line) => boolean): Effect.Effect<Line, Deviation> {
    return this.until(expected, () => this.inbox.find(isIt))
  }

  /** Drops lines that have already arrived. */
  forget(isIt: (line: Line) => boolean): void {
    this.inbox = this.inbox.filter((line) => !isIt(line))
  }

  /** Waits until the device has ended the connection. */
  ended(expected: string): Effect.Effect<void, Deviation> {
    return this.until(expected, () => (this.over ? true : undefined))
  }

  /** Ends our direction (FIN); the device may continue to send. */
  get finish(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.note(">", "(end)")
      return Scope.close(this.sending, Exit.void)
    })
  }

  /**
   * Ends our direction and waits until the device has ended its own. The device then has one client less, and does not
   * write to a closed connection.
   */
  private get leave(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { closing } = this.settings
      this.isLeft = true
      if (this.over || this.isCut || closing.unanswered >= maxUnanswered) return Effect.void
      return Scope.close(this.sending, Exit.void).pipe(
        Effect.andThen(this.ends),
        Effect.timeoutOption(closeWait),
        Effect.flatMap((ended) =>
          Effect.sync(() => {
            closing.unanswered = Option.isSome(ended) ? 0 : closing.unanswered + 1
          })
        )
      )
    })
  }

  private get ends(): Effect.Effect<void> {
    return Effect.suspend(() => (this.over ? Effect.void : Effect.flatMap(this.change(this.version), () => this.ends)))
  }

  /**
   * Waits until `look` finds something, while lines arrive: a slow but active device has several times the reply
   * timeout in all.
   */
  private until<A>(expected: string, look: () => A | undefined): Effect.Effect<A, Deviation> {
    const replyTimeout = Duration.toMillis(this.settings.replyTimeout)
    return Effect.gen({ self: this }, function* () {
      const begun = yield* Clock.monotonicTimeNanos
      for (;;) {
        const found = look()
        if (found !== undefined) return found
        if (this.over) return yield* this.missed(expected, "the device closed the connection")
        const elapsed = Number((yield* Clock.monotonicTimeNanos) - begun) / 1e6
        const left = Math.min(replyTimeout, replyTimeout * slowness - elapsed)
        const change = yield* Effect.timeoutOption(this.change(this.version), left)
        if (Option.isNone(change)) {
          if (this.informs.size === 0 && !this.replied) this.settings.turnedAway = true
          return yield* this.missed(expected, nothing(this.settings.replyTimeout))
        }
      }
    })
  }

  /** Fails because an expected line did not arrive. */
  private missed(expected: string, why: string): Effect.Effect<never, Deviation> {
    const lines = this.inbox.slice(-shownLines).map(String)
    return Effect.fail(new Deviation({ expected, came: [...lines, why].join("; ") }))
  }

  private change(seen: number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.version !== seen) return resume(Effect.void)
      const wake = () => resume(Effect.void)
      this.waiting.add(wake)
      return Effect.sync(() => {
        this.waiting.delete(wake)
      })
    })
  }

  private receive(chunks: ReadonlyArray<Uint8Array>): void {
    for (const chunk of chunks) {
      const text = toLatin1(chunk)
      const parts = /[\r\n]/.test(text) ? (this.rest + text).split(/[\r\n]/) : [this.rest + text]
      this.rest = parts.pop()!
      for (const raw of parts) {
        // empty lines are ignored by both sides
        if (/^[ \t]*$/.test(raw)) continue
        this.note("<", raw)
        const line = new Line(raw)
        this.inbox.push(line)
        this.settings.received++
        if (line.kind === "inform") this.informs.add(line.name)
        else if (line.kind === "reply") this.replied = true
      }
    }
    this.wake()
  }

  private end(): void {
    this.over = true
    const { greeting } = this.settings
    const isGreeted = this.replied || (greeting.length > 0 && greeting.every((name) => this.informs.has(name)))
    if (!this.isLeft && (!isGreeted || this.informs.has("disconnect"))) this.settings.turnedAway = true
    this.note("<", "(end)")
    this.wake()
  }

  private wake(): void {
    this.version++
    const waiting = [...this.waiting]
    this.waiting.clear()
    for (const wake of waiting) wake()
  }

  private note(direction: "<" | ">", text: string): void {
    if (this.isLeft) return
    const { transcript } = this.settings
    transcript.push(`${this.label}${direction} ${visible(text.replace(/\n$/, ""))}`)
  }
}

const nothing = (replyTimeout: Duration.Duration): string => `nothing more for ${Duration.format(replyTimeout)}`

/** Returns the name and id of a request. */
const headOf = (request: string): { readonly name: string; readonly id: number | undefined } => {
  const [, name = "", id] = /^\?([A-Za-z0-9-]+)(?:\[(\d+)\])?/.exec(request) ?? []
  return { name, id: id === undefined ? undefined : Number(id) }
}
