/**
 * A gateway for tests of the page: its files, `/api/live`, and the parts of the HTTP API that the page uses, over sensors
 * that a test makes. It has the frames of the real one and can say what no real device would.
 */
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as path from "node:path"
import { type WebSocket, WebSocketServer } from "ws"
import type { Data, Delta, FromGateway, LiveDevice, Meta, ToGateway, Value } from "../../../src/Dashboard/frames.ts"

/** Seconds since 1970. */
// @effect-diagnostics-next-line globalDate:off
const now = (): number => Date.now() / 1000

const folder = path.join(import.meta.dirname, "..", "..", "..", "dist", "page")
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8"
}

/** A sensor of the fake. */
export interface FakeSensor {
  readonly device: string
  readonly name: string
  readonly type: string
  readonly units: string
  readonly description: string
  readonly parameters: ReadonlyArray<string>
  value: Value | null
  code: number
  /** In seconds since 1970. */
  time: number
}

/** A client of the fake. */
interface Client {
  readonly socket: WebSocket
  n: number
  waiting: boolean
  readonly subscriptions: Map<number, ReadonlyArray<string>>
  readonly known: Set<number>
  readonly dirty: Set<number>
  devices: boolean
  logs: string
}

/** The gateway. */
export class FakeGateway {
  readonly sensors: Array<FakeSensor> = []
  readonly devices = new Map<string, LiveDevice>()
  /** The answers of the HTTP API, by path without the query. */
  readonly answers = new Map<string, (query: URLSearchParams) => unknown>()
  /** The outcome of a request. */
  onCall: (call: Extract<ToGateway, { readonly call: number }>, say: (frame: FromGateway) => void) => void = (
    call,
    say
  ) => say({ reply: call.call, code: "ok", args: [] })
  /** Frames of pages, for tests. */
  readonly received: Array<ToGateway> = []
  role: "read" | "control" | "admin" = "admin"
  epoch = "one"
  readonly #clients = new Set<Client>()
  readonly #server = createServer((request, response) => this.#serve(request, response))
  readonly #sockets = new WebSocketServer({ noServer: true })
  #timer: NodeJS.Timeout | undefined
  #port = 0

  constructor() {
    this.#server.on("upgrade", (request, socket, head) =>
      this.#sockets.handleUpgrade(request, socket, head, (web) => this.#join(web))
    )
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Listens; again on the same port after {@link stop}. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    // @effect-diagnostics-next-line globalTimers:off
    this.#timer = setInterval(() => this.flush(), 50)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    for (const { socket } of this.#clients) socket.terminate()
    this.#clients.clear()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Adds a sensor; its index. */
  add(sensor: FakeSensor): number {
    this.sensors.push(sensor)
    const index = this.sensors.length - 1
    for (const client of this.#clients) if (this.#isMeant(client, sensor)) client.dirty.add(index)
    return index
  }

  /** Sets a sensor. */
  set(index: number, value: Value | null, code = 1, time = now()): void {
    Object.assign(this.sensors[index]!, { value, code, time })
    for (const client of this.#clients) if (client.known.has(index)) client.dirty.add(index)
  }

  /** Sets a device. */
  device(device: LiveDevice): void {
    this.devices.set(device.name, device)
    for (const client of this.#clients) client.devices = true
  }

  log(device: string, level: string, text: string): void {
    for (const { logs, socket } of this.#clients)
      if (logs !== "off") socket.send(JSON.stringify({ logs: [[device, level, now(), "fake", text]], lost: 0 }))
  }

  #isMeant({ subscriptions }: Client, { device, name }: FakeSensor): boolean {
    for (const targets of subscriptions.values())
      if (targets.some((target) => target === "*" || target === device || target === `${device}/${name}`)) return true
    return false
  }

  #join(socket: WebSocket): void {
    const client: Client = {
      socket,
      n: 0,
      waiting: false,
      subscriptions: new Map(),
      known: new Set(),
      dirty: new Set(),
      devices: true,
      logs: "off"
    }
    this.#clients.add(client)
    socket.on("close", () => this.#clients.delete(client))
    socket.on("message", (data) => this.#take(client, JSON.parse(String(data)) as ToGateway))
    const limits = {
      frameBytes: 1_048_576,
      subscriptions: 100,
      targets: 10_000,
      patterns: 100,
      targetLength: 512,
      maxHz: 50,
      calls: 32
    }
    const hello = {
      epoch: this.epoch,
      version: "0.1.0",
      time: now(),
      role: this.role,
      login: false,
      limits
    }
    socket.send(JSON.stringify({ hello }))
  }

  #take(client: Client, frame: ToGateway): void {
    this.received.push(frame)
    if ("sub" in frame) {
      client.subscriptions.set(frame.sub, frame.targets)
      let count = 0
      this.sensors.forEach((sensor, index) => {
        if (!this.#isMeant(client, sensor)) return
        count++
        client.dirty.add(index)
      })
      client.socket.send(JSON.stringify({ subscribed: frame.sub, sensors: count }))
    } else if ("unsub" in frame) {
      client.subscriptions.delete(frame.unsub)
      const gone = [...client.known].filter((index) => !this.#isMeant(client, this.sensors[index]!))
      for (const index of gone) client.known.delete(index)
      for (const index of gone) client.dirty.delete(index)
      if (gone.length > 0) this.#send(client, { gone })
    } else if ("ack" in frame) client.waiting = false
    else if ("logs" in frame) client.logs = frame.logs
    else if ("call" in frame)
      this.onCall(frame, (answer) => {
        if (client.socket.readyState === client.socket.OPEN) client.socket.send(JSON.stringify(answer))
      })
  }

  #send(client: Client, data: Omit<Data, "n" | "time">): void {
    client.socket.send(JSON.stringify({ n: ++client.n, time: now(), ...data }))
  }

  /** Sends what changed to those who have painted what came before. */
  flush(): void {
    const sent = now()
    for (const client of this.#clients) {
      if (client.waiting || (client.dirty.size === 0 && !client.devices)) continue
      const meta: Array<Meta> = []
      const d: Array<Delta> = []
      for (const index of client.dirty) {
        const { code, description, device, name, parameters, time: at, type, units, value } = this.sensors[index]!
        if (!client.known.has(index)) meta.push([index, device, name, type, units, description, parameters])
        client.known.add(index)
        d.push([index, Number.isNaN(at) ? null : Math.round((at - sent) * 1000), code, value])
        // a frame has a size
        if (d.length === 5000) break
      }
      for (const [index] of d) client.dirty.delete(index)
      client.waiting = true
      this.#send(client, {
        ...(meta.length === 0 ? {} : { meta }),
        ...(d.length === 0 ? {} : { d }),
        ...(client.devices ? { devices: [...this.devices.values()] } : {})
      })
      client.devices = false
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.url)
    const answer = this.answers.get(url.pathname)
    if (answer !== undefined) {
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify(answer(url.searchParams)))
      return
    }
    const file = url.pathname === "/" ? "index.html" : url.pathname.slice(1)
    try {
      const body = readFileSync(path.join(folder, path.basename(file)))
      response.setHeader("content-type", types[path.extname(file)] ?? "application/octet-stream")
      response.setHeader("content-security-policy", "default-src 'self'")
      response.end(body)
    } catch {
      response.statusCode = 404
      response.setHeader("content-type", "application/problem+json")
      response.end(JSON.stringify({ title: "Not Found", status: 404, detail: `there is nothing at ${url.pathname}` }))
    }
  }
}
