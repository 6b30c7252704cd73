/** A raw connection to a device: bytes out, lines in. It knows nothing of the library under test. */
import { EventEmitter, once } from "node:events"
import * as net from "node:net"

/** How long a line, a connection or an end may keep us waiting, in milliseconds. */
const waitLimit = 60_000

/** One connection. Lines are Latin-1 texts: one character for each byte. */
export class Wire {
  /** How the device sees us: `host:port`. */
  readonly address: string
  readonly #socket: net.Socket
  readonly #lines: Array<string> = []
  readonly #news = new EventEmitter()
  #rest = ""
  #closed = false

  private constructor(socket: net.Socket) {
    this.#socket = socket
    this.address = `${socket.localAddress}:${socket.localPort}`
    socket.setNoDelay(true)
    socket.setEncoding("latin1")
    socket.on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n")
      this.#rest = lines.pop()!
      this.#lines.push(...lines)
      this.#news.emit("news")
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.#closed = true
      this.#news.emit("news")
    })
  }

  /** Connects; while the port is refused, again until `patience` is at its end. */
  static async open(host: string, port: number): Promise<Wire> {
    const signal = AbortSignal.timeout(waitLimit)
    for (;;) {
      const socket = net.connect({ host, port })
      try {
        await once(socket, "connect", { signal })
        return new Wire(socket)
      } catch (error) {
        socket.destroy()
        if (signal.aborted) throw new Error(`nobody listens on ${host}:${port}`, { cause: error })
      }
    }
  }

  /** Sends a line, given as Latin-1 text without its line feed. */
  send(line: string): void {
    this.#socket.write(`${line}\n`, "latin1")
  }

  /** The next line, or undefined when the device has closed the connection. Fails when neither comes. */
  async line(): Promise<string | undefined> {
    const signal = AbortSignal.timeout(waitLimit)
    while (this.#lines.length === 0 && !this.#closed) {
      try {
        await once(this.#news, "news", { signal })
      } catch (error) {
        throw new Error(`nothing received within ${waitLimit / 1000} s`, { cause: error })
      }
    }
    return this.#lines.shift()
  }

  /** Closes our side and waits for the device to close its own. */
  async close(): Promise<void> {
    this.#socket.end()
    while ((await this.line()) !== undefined) {}
  }
}
