/**
 * The state from the gateway, kept up to date: sensors, devices, the log, the caller. Views read it, and receive
 * notifications of changes.
 */
import type { Data, Hello, Level, LiveDevice, Text } from "../frames.ts"
import { type CallEvents, Connection, type ConnectionState, type Surroundings } from "./Connection.ts"
import { Lines } from "./Lines.ts"
import { type Row, Sensors } from "./Sensors.ts"
import { ServerClock } from "./ServerClock.ts"

/** A device, as known to the page. */
export type Device = Omit<LiveDevice, "requests"> & { readonly requests: ReadonlyArray<string> }

/** A part of the state that changed. */
export type Part = "connection" | "devices" | "sensors" | "readings" | "log" | "refused"

/** Not measured: more records than anybody reads, and less than 1 MB. */
const logLines = 2000

/** The purpose of a subscription: all sensors, or some by `device/name`. */
export type Meant = "all" | ReadonlySet<string>

/** The state of the page. */
export class Live {
  readonly sensors = new Sensors()
  readonly clock: ServerClock
  readonly lines = new Lines(logLines)
  readonly devices = new Map<string, Device>()
  /** The runners of a fleet whose devices cannot be told of now. */
  missing: ReadonlyArray<string> = []
  state: ConnectionState = { _tag: "connecting" }
  /**
   * The time of the loss of the connection, by the clock of the gateway; undefined while it is connected, or never was.
   */
  lostAt: number | undefined
  hello: Hello | undefined
  /** The reason of the gateway's last refusal of a frame. */
  refused: string | undefined
  /** `true` once the first readings of the newest subscription were applied. */
  settled = false
  readonly #connection: Connection
  readonly #monotonic: () => number
  readonly #listeners = new Map<Part, Set<() => void>>()
  readonly #meant = new Map<number, { readonly meant: Meant; sensors: number | undefined }>()
  /** Rows for the next painting. */
  #changed = new Set<Row>()
  #parts = new Set<Part>()
  #structure = 0
  #paused = false
  /** The devices that this connection has described. */
  #told: Set<string> | undefined

  constructor(around: Surroundings) {
    this.#monotonic = around.monotonic
    this.clock = new ServerClock(around.monotonic)
    this.#connection = new Connection(around, {
      state: (state) => {
        if (state._tag === "lost" && this.state._tag === "live") this.lostAt = this.clock.now
        if (state._tag === "live") this.lostAt = undefined
        if (state._tag !== "live" && this.state._tag === "live") {
          this.sensors.end()
          for (const row of this.sensors.rows.values()) this.#changed.add(row)
        }
        this.state = state
        this.#tell("connection")
        if (state._tag !== "live") this.paint()
      },
      hello: (hello) => {
        this.hello = hello
        this.sensors.begin()
        this.#told = new Set()
        this.missing = []
        this.settled = false
        for (const entry of this.#meant.values()) entry.sensors = undefined
        this.#tell("connection")
      },
      heard: (time) => this.clock.heard(time),
      data: (data) => this.#take(data),
      paint: () => this.paint(),
      subscribed: (id, sensors) => {
        const entry = this.#meant.get(id)
        if (entry !== undefined) entry.sensors = sensors
        this.#settle()
        this.#tell("sensors")
      },
      logs: (lines, lost) => {
        this.lines.add(lines, lost)
        this.#tell("log")
      },
      refused: ({ detail, title }) => {
        this.refused = `${title}: ${detail}`
        this.#tell("refused")
      }
    })
  }

  start(): void {
    this.#connection.start()
  }

  stop(): void {
    this.#connection.stop()
  }

  /** The gateway refuses the page from now on. */
  refuse(): void {
    this.#connection.stop()
    this.state = { _tag: "ended", reason: "expired" }
    this.#tell("connection")
  }

  retry(): void {
    this.#connection.retry()
  }

  /** Calls `use` when a part has changed, until the result is called. */
  on(part: Part, use: () => void): () => void {
    const uses = this.#listeners.get(part) ?? new Set()
    this.#listeners.set(part, uses)
    uses.add(use)
    return () => {
      uses.delete(use)
    }
  }

  #tell(part: Part): void {
    for (const use of this.#listeners.get(part) ?? []) use()
  }

  /** Follows sensors until the result is called. */
  follow(meant: Meant, maxHz: number): () => void {
    this.settled = false
    const targets = meant === "all" ? ["*"] : [...meant]
    const { end, id } = this.#connection.subscribe(targets, maxHz)
    this.#meant.set(id, { meant, sensors: undefined })
    return () => {
      this.#meant.delete(id)
      end()
    }
  }

  logs(level: Level): void {
    this.#connection.logs(level)
  }

  call(device: string, request: string, args: ReadonlyArray<Text>, timeout: number | undefined, events: CallEvents) {
    return this.#connection.call(device, request, args, timeout, events)
  }

  /** The page is hidden for long, or visible again. */
  pause(paused: boolean): void {
    this.#paused = paused
    if (paused) this.#connection.pause()
    else {
      this.settled = false
      for (const entry of this.#meant.values()) entry.sensors = undefined
      this.#connection.resume()
    }
  }

  /** `true` if a subscription includes the row. */
  readonly isMeant = (row: Row): boolean => {
    if (this.#paused) return false
    for (const { meant } of this.#meant.values()) if (meant === "all" || meant.has(row.key)) return true
    return false
  }

  #take(data: Data): void {
    this.sensors.apply(data, this.isMeant, this.#changed)
    if (data.d !== undefined) this.#parts.add("readings")
    if (data.devices !== undefined)
      for (const device of data.devices) {
        const requests = device.requests ?? this.devices.get(device.name)?.requests ?? []
        this.devices.set(device.name, { ...device, requests })
        this.#told?.add(device.name)
        this.#parts.add("devices")
      }
    if (data.missing !== undefined) {
      this.missing = data.missing
      this.#parts.add("devices")
    }
    if (data.goneDevices !== undefined)
      for (const name of data.goneDevices) {
        this.#told?.delete(name)
        this.#forget(name)
      }
    // the first data frame of a connection describes all devices
    if (this.#told !== undefined) {
      for (const name of [...this.devices.keys()]) if (!this.#told.has(name)) this.#forget(name)
      this.#told = undefined
    }
    this.#settle()
  }

  #forget(device: string): void {
    this.devices.delete(device)
    this.sensors.removeDevice(device, this.#changed)
    this.#parts.add("devices")
  }

  /** When a subscription has described all its sensors, the others are removed. */
  #settle(): void {
    if (this.settled || this.#paused) return
    for (const { meant, sensors } of this.#meant.values()) {
      if (sensors === undefined) return
      const isMeant = (row: Row) => meant === "all" || meant.has(row.key)
      if (this.sensors.told(isMeant) < sensors) return
      this.sensors.removeUntold(isMeant, this.#changed)
    }
    this.settled = true
    this.#parts.add("sensors")
  }

  /** Shows the applied changes. */
  paint(): void {
    if (this.sensors.structure !== this.#structure) {
      this.#structure = this.sensors.structure
      this.#parts.add("sensors")
    }
    const changed = this.#changed
    this.#changed = new Set()
    for (const row of changed) if (row.followers !== undefined) for (const use of row.followers) use(row)
    const parts = this.#parts
    this.#parts = new Set()
    for (const part of parts) this.#tell(part)
  }

  /** The age of a time of the gateway, in seconds; undefined before the first frame. */
  ago(time: number): number | undefined {
    const { now } = this.clock
    return now === undefined ? undefined : Math.max(0, now - time)
  }

  get monotonic(): number {
    return this.#monotonic()
  }
}
