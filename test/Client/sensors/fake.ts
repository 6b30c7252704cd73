/** A device whose every answer a test can change, with a client that connects to it again and again. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Socket from "effect/socket/Socket"
import { Client, type Interface, type Sensor } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { hello4, immediately } from "../connect.ts"
import { Dish } from "./site.ts"

export const withBulk = "#version-connect katcp-protocol 5.1-MIB\n"
export const withoutBulk = "#version-connect katcp-protocol 5.1-MI\n"
export const withoutIds = "#version-connect katcp-protocol 5.1-M\n"
export { hello4 as version4 }

/** A request as it stands on the wire. */
export interface Asked {
  /** Name and id. */
  readonly head: string
  readonly name: string
  readonly args: ReadonlyArray<string>
}

/** Lines to send, without their ends; undefined to send nothing, `cut` to reset the connection. */
export type Answer = ReadonlyArray<string | "cut"> | undefined

/** The state and behaviour of the device; a test may change all of it at any time. */
export class FakeDevice {
  /** The sensors: what follows the name in `#sensor-list`, and the reading. */
  readonly sensors = new Map<string, { description: string; reading: string }>()
  /** The strategies of the client on this connection. */
  readonly strategies = new Map<string, string>()
  /** All requests of all connections. */
  readonly asked: Array<Asked> = []
  /** Answers in place of the device; gives undefined for what it leaves to it. */
  instead: (asked: Asked) => { readonly answer: Answer } | undefined = () => undefined
  connection: RawConnection.RawConnection | undefined = undefined
  connections = 0

  add(name: string, description = "doc \\@ integer", reading = "nominal 1"): void {
    this.sensors.set(name, { description, reading })
    this.strategies.delete(name)
  }

  remove(name: string): void {
    this.sensors.delete(name)
    this.strategies.delete(name)
  }

  /** The requests of a name, with their arguments. */
  askedFor(name: string): ReadonlyArray<string> {
    return this.asked.filter((asked) => asked.name === name).map(({ args }) => args.join(" "))
  }

  status(name: string): string {
    return `#sensor-status 1 1 ${name} ${this.sensors.get(name)!.reading}`
  }

  /** Sends lines, if it is connected. */
  send(...lines: ReadonlyArray<string>): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.connection === undefined
        ? Effect.void
        : Effect.ignore(this.connection.send(lines.map((line) => `${line}\n`).join("")))
    )
  }

  /** The answers of a correct device. */
  own({ args, head, name }: Asked): ReadonlyArray<string> {
    if (name === "help") return [`#${head} help doc`, `#${head} sensor-list doc`, `!${head} ok 2`]
    if (name === "sensor-list") {
      const names = args.length === 0 ? [...this.sensors.keys()].sort() : args
      if (names.some((name) => !this.sensors.has(name))) return [`!${head} fail Unknown\\_sensor.`]
      const informs = names.map((name) => `#${head} ${name} ${this.sensors.get(name)!.description}`)
      return [...informs, `!${head} ok ${informs.length}`]
    }
    if (name === "sensor-sampling") {
      const [list = "", ...strategy] = args
      const names = this.sensors.has(list) ? [list] : list.split(",")
      if (names.some((name) => !this.sensors.has(name))) return [`!${head} fail Unknown\\_sensor.`]
      if (strategy.length > 0) for (const name of names) this.strategies.set(name, strategy.join(" "))
      const informs = strategy.length === 0 || strategy[0] === "none" ? [] : names.map((name) => this.status(name))
      return [...informs, `!${head} ok ${list} ${strategy.join(" ") || (this.strategies.get(list) ?? "none")}`]
    }
    if (name === "sensor-value") {
      const sensor = this.sensors.get(args[0]!)
      if (sensor === undefined) return [`!${head} fail Unknown\\_sensor.`]
      return [`#${head} 1 1 ${args[0]} ${sensor.reading}`, `!${head} ok 1`]
    }
    return [`!${head} invalid unknown`]
  }

  /** The strategies that are set, without none. */
  get set(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.strategies].filter(([, strategy]) => strategy !== "none").sort())
  }
}

const parse = (line: string): Asked => {
  const [head = "", ...args] = line.slice(1).split(" ")
  return { head, name: head.split("[")[0]!, args }
}

/** Is the device at one connection, until it ends. */
export const serve = (device: FakeDevice, hello: string, socket: Socket.Socket) =>
  Effect.gen(function* () {
    const connection = yield* RawConnection.make(socket)
    device.connection = connection
    device.connections++
    device.strategies.clear()
    yield* connection.send(hello)
    while (true) {
      const asked = parse(yield* connection.next)
      device.asked.push(asked)
      const { answer = [] } = device.instead(asked) ?? { answer: device.own(asked) }
      for (const line of answer) yield* line === "cut" ? connection.reset : connection.send(`${line}\n`)
    }
  }).pipe(Effect.scoped, Effect.ignore)

/** The test fails where the client was ever synced without a connection, whatever else happens. */
export const neverSyncedAlone = Effect.fnUntraced(function* (
  client: Pick<Client.Client<never, never>, "isConnected" | "state">
) {
  let lies = 0
  yield* SubscriptionRef.changes(client.state).pipe(
    Stream.runForEach(() =>
      Effect.sync(() => {
        if (SubscriptionRef.getUnsafe(client.state)._tag === "Synced" && !client.isConnected) lies++
      })
    ),
    Effect.forkScoped(immediately)
  )
  yield* Effect.addFinalizer(() => (lies > 0 ? Effect.die("it was synced without a connection") : Effect.void))
})

/** Connects a client to a fake device, on which nobody has asked for anything yet. */
export const fakeWith = <R extends Interface.Request.Any, S extends Sensor.Any>(
  contract: Client.Contract<R, S>,
  options: Client.Options = {},
  hello = withBulk
) =>
  Effect.gen(function* () {
    const network = yield* Effect.flatMap(Layer.build(MemoryNetwork.layerEmpty()), (context) =>
      Effect.provideContext(MemoryNetwork, context)
    )
    const device = new FakeDevice()
    const server = yield* network.listen()
    yield* Effect.forkScoped(
      server.run((socket) => serve(device, hello, socket)),
      immediately
    )
    const client = yield* Effect.provideServiceEffect(
      Client.make(contract, {
        reconnect: Schedule.spaced(500),
        checkContract: false,
        alive: Number.POSITIVE_INFINITY,
        ...options
      }),
      Socket.Socket,
      network.connect
    )
    yield* neverSyncedAlone(client)
    return { client, device }
  })

export const fake = (options?: Client.Options, hello?: string) => fakeWith(Dish, options, hello)
