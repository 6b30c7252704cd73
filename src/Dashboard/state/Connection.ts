/**
 * The page's connection with the gateway.
 *
 * It connects, and again when the connection is lost, after a time that grows and has chance in it: a hundred pages do not
 * come back at once. Subscriptions, the level of the log and the number of the newest frame are kept here and said anew on
 * each connection, so views need not know of it. A data frame is acknowledged after the page has painted it: a page that
 * is slow or hidden gets fewer frames, each with the newest readings.
 *
 * Knows nothing of the browser: sockets, clocks, timers and painting come from {@link Surroundings}.
 *
 * States: `connecting` until the first hello, `live`, `lost` while it waits and tries again, `ended` when the gateway said
 * goodbye for a reason that trying again does not mend (the token was revoked or expired).
 */
import type { Data, FromGateway, Hello, Inform, Level, LogLine, Refused, Reply, Text, ToGateway } from "../frames.ts"

/** What the connection needs of its surroundings. */
export interface Surroundings {
  /** Opens a socket. Exactly one `closed` comes in the end. */
  readonly connect: (events: { readonly message: (text: string) => void; readonly closed: () => void }) => {
    readonly send: (text: string) => void
    readonly close: () => void
  }
  /** Calls a function after that many milliseconds; what is returned cancels it. */
  readonly after: (milliseconds: number, then: () => void) => () => void
  /** From 0 to 1. */
  readonly random: () => number
  /** Milliseconds of a clock that is never set. */
  readonly monotonic: () => number
  /** Calls `paint` before the next painting, and `then` after it. Never, while the page is hidden. */
  readonly painting: (paint: () => void, then: () => void) => void
}

/** Where the connection is. */
export type ConnectionState =
  | { readonly _tag: "connecting" }
  | { readonly _tag: "live" }
  | { readonly _tag: "lost"; readonly reason: string | undefined }
  | { readonly _tag: "ended"; readonly reason: string }

/** What the page is told. */
export interface Listener {
  readonly state: (state: ConnectionState) => void
  /** A connection begins; `restarted` if the gateway is another one than before. */
  readonly hello: (hello: Hello, restarted: boolean) => void
  /** Any frame with a time came. */
  readonly heard: (time: number) => void
  /** Takes in a data frame. */
  readonly data: (data: Data) => void
  /** Shows what was taken in. */
  readonly paint: () => void
  readonly subscribed: (id: number, sensors: number, unmatched: ReadonlyArray<string>) => void
  readonly logs: (lines: ReadonlyArray<LogLine>, lost: number) => void
  readonly refused: (refused: Refused) => void
}

/** What becomes of a request. */
export interface CallEvents {
  readonly inform: (inform: Inform) => void
  /** Its end. `lost` if the connection went: nobody knows whether the device has done it. */
  readonly reply: (reply: Omit<Reply, "reply"> | "lost") => void
}

/** Given by C4 of the research: the first wait and the longest, in milliseconds, before chance. */
const shortest = 500
/** Given by C4 of the research. */
const longest = 10_000
/**
 * Not measured: a gateway answers within milliseconds; a network that swallows packets must not hold the page for longer
 * than a person waits.
 */
const helloWithin = 10_000
/**
 * Not measured: when a network swallows packets, the socket itself says so after minutes only. After this long without a frame, in
 * milliseconds, the gateway is asked for one; after twice as long without an answer the connection counts as lost.
 */
const silence = 10_000
/** A code: the subscription without targets by which the gateway is asked for a frame. */
const askId = 0

/** Returns the wait before a try, in milliseconds: from half of it to all, twice as long each time. */
export const waitBefore = (failures: number, random: number): number => {
  const most = Math.min(longest, shortest * 2 ** Math.min(failures, 10))
  return most / 2 + (most / 2) * random
}

/** The connection. */
export class Connection {
  readonly #around: Surroundings
  readonly #listener: Listener
  readonly #subscriptions = new Map<number, { readonly targets: ReadonlyArray<string>; readonly maxHz: number }>()
  readonly #calls = new Map<number, CallEvents>()
  #nextId = 1
  #level: Level = "off"
  #socket: ReturnType<Surroundings["connect"]> | undefined
  #isOpen = false
  #failures = 0
  #epoch: string | undefined
  #cancelWait: (() => void) | undefined
  #heard = 0
  #paused = false
  /** `true` if a silent gateway was asked for a frame, and none has come since. */
  #asked = false
  #bye: string | undefined
  #closed = false

  constructor(around: Surroundings, listener: Listener) {
    this.#around = around
    this.#listener = listener
  }

  /** Connects. */
  start(): void {
    this.#closed = false
    this.#cancelWait?.()
    if (this.#socket === undefined) this.#connect()
  }

  /** Ends the connection for good. */
  stop(): void {
    this.#closed = true
    this.#cancelWait?.()
    this.#socket?.close()
  }

  /** Tries now, if it waits: the network is back, or somebody pressed a button. */
  retry(): void {
    if (this.#socket !== undefined || this.#closed) return
    this.#cancelWait?.()
    this.#connect()
  }

  /** Subscribes, now and on each connection to come; what is returned ends it. */
  subscribe(targets: ReadonlyArray<string>, maxHz: number): { readonly id: number; readonly end: () => void } {
    const id = this.#nextId++
    this.#subscriptions.set(id, { targets, maxHz })
    if (!this.#paused) this.#send({ sub: id, targets, maxHz })
    return {
      id,
      end: () => {
        if (this.#subscriptions.delete(id) && !this.#paused) this.#send({ unsub: id })
      }
    }
  }

  /** Ends all subscriptions, and the log, until {@link resume}: nobody looks at the page. */
  pause(): void {
    if (this.#paused) return
    this.#paused = true
    for (const id of this.#subscriptions.keys()) this.#send({ unsub: id })
    if (this.#level !== "off") this.#send({ logs: "off" })
  }

  /** Subscribes to everything again. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#sayAll()
  }

  #sayAll(): void {
    for (const [id, { maxHz, targets }] of this.#subscriptions) this.#send({ sub: id, targets, maxHz })
    if (this.#level !== "off") this.#send({ logs: this.#level })
  }

  /** Asks for log records at this level and above. */
  logs(level: Level): void {
    if (level === this.#level) return
    this.#level = level
    if (!this.#paused) this.#send({ logs: level })
  }

  /** Makes a request; what is returned ends the waiting. */
  call(device: string, request: string, args: ReadonlyArray<Text>, timeout: number | undefined, events: CallEvents) {
    const id = this.#nextId++
    if (!this.#isOpen) {
      events.reply("lost")
      return () => {}
    }
    this.#calls.set(id, events)
    this.#send({ call: id, device, request, args, ...(timeout === undefined ? {} : { timeout }) })
    return () => {
      if (this.#calls.has(id)) this.#send({ cancel: id })
    }
  }

  #send(frame: ToGateway): void {
    if (this.#isOpen) this.#socket!.send(JSON.stringify(frame))
  }

  #connect(): void {
    this.#cancelWait = undefined
    this.#bye = undefined
    const socket: ReturnType<Surroundings["connect"]> = this.#around.connect({
      message: (text) => {
        if (this.#socket === socket) this.#receive(JSON.parse(text) as FromGateway)
      },
      closed: () => {
        if (this.#socket === socket) this.#lost()
      }
    })
    this.#socket = socket
    this.#cancelWait = this.#around.after(helloWithin, () => socket.close())
  }

  #lost(): void {
    this.#cancelWait?.()
    this.#socket = undefined
    this.#isOpen = false
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const { reply } of calls) reply("lost")
    if (this.#closed) return
    if (this.#bye === "revoked" || this.#bye === "expired") {
      this.#closed = true
      this.#listener.state({ _tag: "ended", reason: this.#bye })
      return
    }
    this.#listener.state({ _tag: "lost", reason: this.#bye })
    const wait = waitBefore(this.#failures++, this.#around.random())
    this.#cancelWait = this.#around.after(wait, () => this.#connect())
  }

  #receive(frame: FromGateway): void {
    this.#heard = this.#around.monotonic()
    this.#asked = false
    if ("n" in frame) this.#data(frame)
    else if ("hello" in frame) this.#hello(frame.hello)
    else if ("subscribed" in frame) {
      if (frame.subscribed !== askId) this.#listener.subscribed(frame.subscribed, frame.sensors, frame.unmatched ?? [])
    } else if ("inform" in frame) this.#calls.get(frame.inform)?.inform(frame)
    else if ("reply" in frame) this.#replied(frame.reply, frame)
    else if ("logs" in frame) this.#listener.logs(frame.logs, frame.lost)
    else if ("bye" in frame) this.#bye = frame.bye
    else if ("error" in frame) {
      const call = frame.error.of?.call
      if (call !== undefined) this.#replied(call, { code: "error", args: [frame.error.detail] })
      else this.#listener.refused(frame.error)
    }
  }

  #replied(id: number, reply: Omit<Reply, "reply">): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    call?.reply(reply)
  }

  #hello(hello: Hello): void {
    this.#isOpen = true
    this.#failures = 0
    const restarted = this.#epoch !== undefined && this.#epoch !== hello.epoch
    this.#epoch = hello.epoch
    this.#listener.heard(hello.time)
    this.#listener.hello(hello, restarted)
    this.#listener.state({ _tag: "live" })
    if (!this.#paused) this.#sayAll()
    this.#watch()
  }

  /** Asks a gateway that is silent for a frame, and gives it up if it stays silent. */
  #watch(): void {
    this.#cancelWait?.()
    this.#cancelWait = this.#around.after(silence, () => {
      const silent = this.#around.monotonic() - this.#heard
      if (silent >= 2 * silence && this.#asked) {
        const socket = this.#socket!
        this.#lost()
        socket.close()
        return
      }
      this.#asked = silent >= silence
      if (this.#asked) this.#send({ sub: askId, targets: [] })
      this.#watch()
    })
  }

  #data(data: Data): void {
    const socket = this.#socket
    this.#listener.heard(data.time)
    this.#listener.data(data)
    this.#around.painting(this.#listener.paint, () => {
      // a frame of a connection that is gone needs no answer
      if (this.#socket === socket) this.#send({ ack: data.n })
    })
  }
}
