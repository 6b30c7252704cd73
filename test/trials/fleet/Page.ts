import { setTimeout } from "node:timers/promises"
import { WebSocket } from "ws"
import { PageModel } from "../../Gateway/live/pageModel.ts"

/** A page of a dashboard that goes to the next gateway whenever it is cut off, as one behind a name does. */
export class Page {
  model = new PageModel()
  /** The longest time without a connection, in milliseconds. */
  longestAway = 0
  reconnects = 0
  /** The longest time that a device was not connected, as the page saw it, in milliseconds. */
  longestUnreachable = 0
  private readonly urls: ReadonlyArray<string>
  private socket: WebSocket | undefined
  private over = false
  private readonly away = new Map<string, number>()

  constructor(urls: ReadonlyArray<string>) {
    this.urls = urls
    void this.run()
  }

  end(): void {
    this.over = true
    this.socket?.terminate()
  }

  private async run(): Promise<void> {
    let lost: number | undefined
    for (let at = 0; !this.over; at++) {
      const socket = new WebSocket(`${this.urls[at % this.urls.length]!.replace("http", "ws")}/api/live`)
      this.socket = socket
      socket.on("error", () => {})
      socket.on("open", () => socket.send(JSON.stringify({ sub: 1, targets: ["*"], maxHz: 2 })))
      socket.on("message", (data: Buffer) => {
        const frame = JSON.parse(data.toString())
        if (frame.n === undefined) return
        if (frame.n === 1) {
          this.model = new PageModel()
          if (lost !== undefined) {
            this.reconnects++
            this.longestAway = Math.max(this.longestAway, performance.now() - lost)
            lost = undefined
          }
        }
        this.model.take(frame)
        for (const { connected, name } of frame.devices ?? []) this.note(name, connected)
        socket.send(`{"ack":${frame.n}}`)
      })
      await new Promise((resolve) => socket.on("close", resolve))
      lost ??= performance.now()
      await setTimeout(100)
    }
  }

  private note(name: string, connected: boolean): void {
    const since = this.away.get(name)
    if (!connected) {
      if (since === undefined) this.away.set(name, performance.now())
    } else if (since !== undefined) {
      this.away.delete(name)
      this.longestUnreachable = Math.max(this.longestUnreachable, performance.now() - since)
    }
  }
}
