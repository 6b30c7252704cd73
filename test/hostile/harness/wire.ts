/** Connections as an attacker uses them: raw bytes, no protocol, no manners. */
import * as net from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

/** The device that a load is applied to. */
export interface Target {
  readonly host: string
  readonly port: number
  /** The process of the device. */
  readonly pid: number
  /** For loads that are made by chance. */
  readonly seed: number
}

/** One connection. Errors end the connection and are never thrown. */
export class Wire {
  readonly socket: net.Socket
  /** Resolves when the connection has ended, on either side. */
  readonly closed: Promise<void>
  /** Text that has arrived, if it is kept. */
  text = ""
  /** Bytes that have arrived. */
  bytes = 0
  isClosed = false
  /** `true` if this end has asked for the end. */
  #ending = false
  readonly #arrived = new Set<() => void>()

  constructor(socket: net.Socket, keep: boolean) {
    this.socket = socket
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    socket.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length
      if (keep) this.text += chunk.toString("latin1")
      for (const wake of this.#arrived) wake()
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.isClosed = true
      for (const wake of this.#arrived) wake()
      resolve()
    })
  }

  /** `true` if the device ended the connection. */
  get dropped(): boolean {
    return this.isClosed && !this.#ending
  }

  /** Writes, and waits while the device does not take it. Returns `false` if the connection is over first. */
  async write(data: string | Uint8Array): Promise<boolean> {
    if (this.isClosed || !this.socket.writable) return false
    const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data
    if (this.socket.write(bytes)) return true
    const { promise, resolve } = Promise.withResolvers<void>()
    this.socket.once("drain", resolve)
    await Promise.race([promise, this.closed])
    this.socket.off("drain", resolve)
    return !this.isClosed
  }

  /** Waits for a text. Returns `false` if the connection ends, or the time (in milliseconds) is over, before it comes. */
  async has(pattern: RegExp | string, limit = 10_000): Promise<boolean> {
    const found = () => (typeof pattern === "string" ? this.text.includes(pattern) : pattern.test(this.text))
    const clock = new AbortController()
    const late = sleep(limit, undefined, { signal: clock.signal }).catch(() => {})
    let over = false
    void late.then(() => {
      over = true
    })
    try {
      while (!found()) {
        if (this.isClosed || over) return found()
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#arrived.add(resolve)
        await Promise.race([promise, late])
        this.#arrived.delete(resolve)
      }
      return true
    } finally {
      clock.abort()
    }
  }

  /** Waits until the connection is over, for so many milliseconds at most. Returns `true` if the connection is over. */
  async ends(limit: number): Promise<boolean> {
    const clock = new AbortController()
    await Promise.race([this.closed, sleep(limit, undefined, { signal: clock.signal }).catch(() => {})])
    clock.abort()
    return this.isClosed
  }

  /** Ends it in order. */
  end(): void {
    this.#ending = true
    this.socket.end()
  }

  /** Ends it with a reset (RST). */
  reset(): void {
    this.#ending = true
    this.socket.resetAndDestroy()
  }

  /** Drops it, whatever waits to be sent. */
  destroy(): void {
    this.#ending = true
    this.socket.destroy()
  }
}

/** How a connection is opened. */
interface Opening {
  /** `true` if what arrives is kept as text. Default `true`. */
  readonly keep?: boolean
  /** `true` if anything is read at all. Default `true`. */
  readonly reads?: boolean
}

/** Opens a connection. Returns `undefined` if the device cannot be connected to within half a minute. */
export const open = async (
  { host, port }: Pick<Target, "host" | "port">,
  { keep = true, reads = true }: Opening = {}
): Promise<Wire | undefined> => {
  const socket = net.connect({ host, port, noDelay: true })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once("connect", () => resolve(true))
  socket.once("error", () => resolve(false))
  socket.setTimeout(30_000, () => resolve(false))
  const connected = await promise
  socket.setTimeout(0)
  if (!connected) {
    socket.destroy()
    return undefined
  }
  const wire = new Wire(socket, keep)
  if (!reads) socket.pause()
  return wire
}

/** Opens several connections, at most 50 at a time. Those that could not be opened are left out. */
export const openAll = async (target: Target, count: number, opening: Opening = {}): Promise<ReadonlyArray<Wire>> => {
  const wires: Array<Wire> = []
  for (let n = 0; n < count; n += 50) {
    const some = await Promise.all(Array.from({ length: Math.min(50, count - n) }, () => open(target, opening)))
    for (const wire of some) if (wire !== undefined) wires.push(wire)
  }
  return wires
}

/** Does something `count` times, at most `width` of them at the same time. */
export const times = async (count: number, width: number, work: (n: number) => Promise<void>): Promise<void> => {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker))
}

/** How often a pattern occurs. */
export const count = (text: string, pattern: RegExp): number =>
  text.match(new RegExp(pattern.source, "gm"))?.length ?? 0
