/**
 * The page's connection with the gateway.
 *
 * It reconnects after a loss, with growing, randomized delays, so a hundred pages do not come back at once. It keeps
 * subscriptions, the level of the log and the number of the newest frame, and sends them again on each connection, so
 * views need not handle it. It acknowledges a data frame after the page has painted it: a slow or hidden page gets
 * fewer frames, each with the newest readings.
 *
 * It is independent of the browser: sockets, clocks, timers and painting come from {@link Surroundings}.
 *
 * States: `connecting` until the first hello, `live`, `lost` while it waits and retries, `ended` after a last frame
 * with a reason that a retry does not change (the token was revoked or expired).
 */
import type { Data, FromGateway, Hello, Inform, Level, LogLine, Refused, Reply, Text, ToGateway } from "../frames.ts"

/** The parts of a browser that the connection needs. */
export interface Surroundings {
  /** Opens a socket. Exactly one `closed` follows in the end. */
  readonly connect: (events: { readonly message: (text: string) => void; readonly closed: () => void }) => {
    readonly send: (text: string) => void
    readonly close: () => void
  }
  /** Calls a function after that many milliseconds; the result cancels it. */
  readonly after: (milliseconds: number, then: () => void) => () => void
  /** From 0 to 1. */
  readonly random: () => number
  /** The milliseconds of a monotonic clock. */
  readonly monotonic: () => number
  /** Calls `paint` before the next painting, and `then` after it. Never while the page is hidden. */
  readonly painting: (paint: () => void, then: () => void) => void
}

/** The state of the connection. */
export type ConnectionState =
  | { readonly _tag: "connecting" }
  | { readonly _tag: "live" }
  | { readonly _tag: "lost"; readonly reason: string | undefined }
  | { readonly _tag: "ended"; readonly reason: string }

/** The events for the page. */
export interface Listener {
  readonly state: (state: ConnectionState) => void
  /** A connection begins; `restarted` if the gateway was restarted since the last one. */
  readonly hello: (hello: Hello, restarted: boolean) => void
  /** A frame with a time was received. */
  readonly heard: (time: number) => void
  /** Applies a data frame. */
  readonly data: (data: Data) => void
  /** Shows the applied changes. */
  readonly paint: () => void
  readonly subscribed: (id: number, sensors: number, unmatched: ReadonlyArray<string>) => void
  readonly logs: (lines: ReadonlyArray<LogLine>, lost: number) => void
  readonly refused: (refused: Refused) => void
}

/** The events of a request. */
export interface CallEvents {
  readonly inform: (inform: Inform) => void
  /** Its end. `lost` if the connection was lost: it is unknown if the device has done it. */
  readonly reply: (reply: Omit<Reply, "reply"> | "lost") => void
}

/** Given by C4 of the research: the first wait and the longest, in milliseconds, before chance. */
const shortest = 500
/** Given by C4 of the research. */
const longest = 10_000
/**
 * Not measured: a gateway answers within milliseconds; a network that drops packets must not keep people waiting
 * longer.
 */
const helloWithin = 10_000
/**
 * Not measured: when a network drops packets, the socket reports it only after minutes. After this silence, in
 * milliseconds, the page requests a frame; after twice as long without an answer the connection counts as lost.
 */
const silence = 10_000
/** A code: the subscription without targets that requests a frame. */
const askId = 0

/** Returns the wait before an attempt, in milliseconds: between half of it and all, twice as long each time. */
export const waitBefore = (failures: number, random: number): number => {
  const ceiling = Math.min(longest, shortest * 2 ** Math.min(failures, 10))
  return ceiling / 2 + (ceiling / 2) * random
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
  /** `true` if a frame was requested from a silent gateway, and none has come since. */
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

  /** Ends the connection permanently. */
  stop(): void {
    this.#closed = true
    this.#cancelWait?.()
    this.#socket?.close()
  }

  /** Retries now, if it waits: the network is back, or the user pressed a button. */
  retry(): void {
    if (this.#socket !== undefined || this.#closed) return
    this.#cancelWait?.()
    this.#connect()
  }

  /** Subscribes, now and on each later connection; the result ends it. */
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

  /** Ends all subscriptions, and the log, until {@link resume}: for a hidden page. */
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

  /** Requests log records at this level and above. */
  logs(level: Level): void {
    if (level === this.#level) return
    this.#level = level
    if (!this.#paused) this.#send({ logs: level })
  }

  /** Makes a request; the result stops waiting. */
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

  /** Requests a frame from a silent gateway, and closes the connection if it stays silent. */
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
      // a frame of a lost connection needs no answer
      if (this.#socket === socket) this.#send({ ack: data.n })
    })
  }
}
