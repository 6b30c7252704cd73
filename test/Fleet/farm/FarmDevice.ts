import { createServer, type Server, type Socket } from "node:net"

/** A connection to a device of the farm. */
interface Held {
  readonly socket: Socket
  readonly port: number
  /** The rest of a line that has not ended. */
  rest: string
  /** The sensors that are sampled over it, by their numbers. */
  readonly sampled: Set<number>
}

/** The counts of one device since the last reset, as they are seen from outside. Times are in milliseconds. */
export interface DeviceCounts {
  readonly device: string
  /** The ports of the other ends that sample its sensors now. */
  readonly peers: ReadonlyArray<number>
  /** How often a peer began to sample it. */
  readonly taken: number
  /** How often a peer began to sample it while another one still did. */
  readonly overlaps: number
  /** How long two peers or more sampled it. */
  readonly overlapped: number
  /** The longest time without a peer, one that still lasts included. */
  readonly longestDown: number
  /** All times without a peer. */
  readonly down: number
  /** When a peer first and last began to sample it. */
  readonly firstTakenAt: number
  readonly takenAt: number
  /** When a peer last went. */
  readonly lostAt: number
  /** The newest value of all its sensors. */
  readonly value: number
}

const escape = (text: string): string => text.replace(/ /g, "\\_")

/**
 * A device of the farm: a listener that speaks just enough of KATCP 5.1 for a client to inspect and to sample it. All its
 * sensors have the same value, which grows with each tick; those that are sampled go out in one chunk. It is held by a peer
 * from the moment when the peer's first sampling is answered until the connection ends.
 */
export class FarmDevice {
  readonly name: string
  private readonly sensors: number
  private readonly listening: Server
  private readonly all = new Set<Held>()
  private readonly holders = new Set<Held>()
  private readonly now: () => number
  private value = 0
  private time = ""
  private taken = 0
  private overlaps = 0
  private overlapped = 0
  private overlapSince = 0
  private downSince: number
  private longestDown = 0
  private down = 0
  private firstTakenAt = 0
  private takenAt = 0
  private lostAt = 0

  constructor(name: string, sensors: number, now: () => number) {
    this.name = name
    this.sensors = sensors
    this.now = now
    this.downSince = now()
    this.setTime()
    this.listening = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => this.accept(socket))
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.listening.once("error", reject)
      this.listening.listen({ port, host: "127.0.0.1", backlog: 64 }, resolve)
    })
  }

  /** The next value of all sensors. Returns the number of readings that were sent. */
  tick(): number {
    this.value++
    this.setTime()
    let sent = 0
    let whole: string | undefined
    for (const { sampled, socket } of this.holders) {
      sent += sampled.size
      if (sampled.size === this.sensors) whole ??= this.chunk(sampled)
      const chunk = sampled.size === this.sensors ? whole! : this.chunk(sampled)
      // a peer that does not read (SIGSTOP) misses values, as it does of a device that drops what nobody takes
      if (chunk !== "" && socket.writableLength < 262_144) socket.write(chunk, "latin1")
    }
    return sent
  }

  get counts(): DeviceCounts {
    const now = this.now()
    const open = this.holders.size === 0 ? now - this.downSince : 0
    return {
      device: this.name,
      peers: Array.from(this.holders, ({ port }) => port),
      taken: this.taken,
      overlaps: this.overlaps,
      overlapped: this.overlapped + (this.holders.size > 1 ? now - this.overlapSince : 0),
      longestDown: Math.max(this.longestDown, open),
      down: this.down + open,
      firstTakenAt: this.firstTakenAt,
      takenAt: this.takenAt,
      lostAt: this.lostAt,
      value: this.value
    }
  }

  /** Counts again. */
  reset(): void {
    const now = this.now()
    this.taken = 0
    this.overlaps = 0
    this.overlapped = 0
    this.overlapSince = now
    this.longestDown = 0
    this.down = 0
    this.downSince = now
    this.firstTakenAt = 0
    this.takenAt = 0
    this.lostAt = 0
  }

  private setTime(): void {
    this.time = ((performance.timeOrigin + performance.now()) / 1000).toFixed(6)
  }

  private chunk(sampled: Iterable<number>): string {
    const head = `#sensor-status ${this.time} 1 s`
    const tail = ` nominal ${this.value}\n`
    let text = ""
    for (const sensor of sampled) text += `${head}${sensor}${tail}`
    return text
  }

  // ------------------------------------------------------------ connections

  private accept(socket: Socket): void {
    const held: Held = { socket, port: socket.remotePort ?? 0, rest: "", sampled: new Set() }
    this.all.add(held)
    const end = () => this.end(held)
    socket.setEncoding("latin1")
    socket.on("data", (text: string) => this.take(held, text))
    socket.on("end", end)
    socket.on("close", end)
    socket.on("error", () => socket.destroy())
    socket.write("#version-connect katcp-protocol 5.1-BIM\n#version-connect katcp-device fakes-1.0\n", "latin1")
  }

  private begin(held: Held): void {
    if (this.holders.has(held) || !this.all.has(held)) return
    const now = this.now()
    if (this.taken++ === 0) this.firstTakenAt = now
    this.takenAt = now
    if (this.holders.size === 0) {
      const gone = now - this.downSince
      this.down += gone
      this.longestDown = Math.max(this.longestDown, gone)
    } else {
      this.overlaps++
      if (this.holders.size === 1) this.overlapSince = now
    }
    this.holders.add(held)
  }

  private end(held: Held): void {
    this.all.delete(held)
    if (!this.holders.delete(held)) return
    const now = this.now()
    this.lostAt = now
    if (this.holders.size === 1) this.overlapped += now - this.overlapSince
    if (this.holders.size === 0) this.downSince = now
  }

  // ------------------------------------------------------------ lines

  private take(held: Held, text: string): void {
    const lines = (held.rest + text).split("\n")
    held.rest = lines.pop()!
    for (const line of lines) {
      const [head = "", ...args] = line.trim().split(/[ \t]+/)
      const parsed = /^\?([A-Za-z][A-Za-z0-9-]*)(\[\d+\])?$/.exec(head)
      if (parsed !== null) held.socket.write(this.answer(held, parsed[1]!, parsed[2] ?? "", args), "latin1")
    }
  }

  private answer(held: Held, name: string, id: string, args: ReadonlyArray<string>): string {
    const reply = (text: string) => `!${name}${id} ${text}\n`
    switch (name) {
      case "watchdog":
        return reply("ok")
      case "halt":
        return reply("fail no")
      case "help":
        return `#help${id} track ${escape("Track a target.")}\n${reply("ok 1")}`
      case "track":
        return reply(`ok ${this.name}`)
      case "sensor-list":
        return this.listed(id, args)
      case "sensor-value": {
        const numbers = this.numbersOf(args[0])
        const informs = numbers.map((at) => `#sensor-value${id} ${this.time} 1 s${at} nominal ${this.value}\n`)
        return informs.join("") + reply(`ok ${numbers.length}`)
      }
      case "sensor-sampling":
        return this.sampling(held, args, reply)
      default:
        return reply(`invalid ${escape(`there is no request ${name}`)}`)
    }
  }

  private listed(id: string, args: ReadonlyArray<string>): string {
    const numbers = this.numbersOf(args[0])
    const informs = numbers.map((at) => `#sensor-list${id} s${at} A\\_sensor. K integer\n`)
    return `${informs.join("")}!sensor-list${id} ok ${numbers.length}\n`
  }

  private sampling(held: Held, args: ReadonlyArray<string>, reply: (text: string) => string): string {
    const [names = "", strategy] = args
    const numbers = names.split(",").map((name) => Number(name.slice(1)))
    if (numbers.some((at) => !(at < this.sensors))) return reply(`fail ${escape("there is no such sensor")}`)
    if (strategy === undefined) return reply(`ok ${names} none`)
    if (strategy === "none") {
      for (const at of numbers) held.sampled.delete(at)
      return reply(`ok ${args.join(" ")}`)
    }
    for (const at of numbers) held.sampled.add(at)
    this.begin(held)
    return reply(`ok ${args.join(" ")}`) + this.chunk(numbers)
  }

  /** The sensors that an argument names: all of them without one, or by a regular expression. */
  private numbersOf(argument: string | undefined): ReadonlyArray<number> {
    const all = Array.from({ length: this.sensors }, (_, at) => at)
    if (argument === undefined || /^\/.*\/$/.test(argument)) return all
    return all.filter((at) => `s${at}` === argument)
  }
}
