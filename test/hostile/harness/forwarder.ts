/** A forwarder between a client and a device, which can stop as a network does, and say what the device did not say. */
import { once } from "node:events"
import * as net from "node:net"

export class Forwarder {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  readonly #towardsClients = new Set<net.Socket>()
  readonly port: number
  #stopped = false

  private constructor(server: net.Server) {
    this.#server = server
    const address = server.address()
    this.port = typeof address === "object" && address !== null ? address.port : 0
  }

  /** Begins to forward to a device. */
  static async to(host: string, port: number): Promise<Forwarder> {
    const server = net.createServer({ noDelay: true }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const forwarder = new Forwarder(server)
    server.on("connection", (client) => forwarder.#join(client, net.connect({ host, port, noDelay: true })))
    return forwarder
  }

  #join(client: net.Socket, device: net.Socket): void {
    this.#towardsClients.add(client)
    for (const [from, to] of [
      [client, device],
      [device, client]
    ] as const) {
      this.#sockets.add(from)
      from.on("data", (chunk: Buffer) => {
        if (!this.#stopped) to.write(chunk)
      })
      from.on("error", () => {})
      from.on("close", () => {
        this.#sockets.delete(from)
        this.#towardsClients.delete(from)
        if (!this.#stopped) to.destroy()
      })
    }
  }

  /** From now on nothing passes, without notice. */
  stop(): void {
    this.#stopped = true
  }

  /** Says something to all clients. */
  say(text: string): void {
    for (const socket of this.#towardsClients) socket.write(text)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, "close")
  }
}
