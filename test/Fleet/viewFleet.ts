/** Runners on a network in memory, each with a site and a link proxy, and the view of one of them. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Arg, Sensor } from "katcp"
import { Allow, Site, type SiteShape } from "katcp/Site"
import { linkOptions, makeView, type ViewRunner } from "../../src/Fleet/view/index.ts"
import { serveProxy, socketOf } from "../Proxy/network.ts"
import { client, device, type TestDevice } from "../Site/network.ts"

export const temp = () => Sensor.make("rx.temp", { type: Arg.Float, units: "K", doc: "Temperature of the receiver." })
export const count = () => Sensor.make("count", { type: Arg.Int })

/** The wanted devices, and who holds each, as a test says. */
export class TestDirectory {
  readonly self = "r1"
  revision = 0
  private readonly entries = new Map<string, ViewRunner>()
  private readonly wish = new Map<string, { readonly runner: string | undefined; readonly epoch: number }>()
  private latch = Latch.makeUnsafe(false)

  readonly runners = () => this.entries
  readonly devices = () => this.wish
  readonly changed = (revision: number): Effect.Effect<void> =>
    Effect.suspend(() =>
      this.revision > revision ? Effect.void : Effect.andThen(this.latch.await, this.changed(revision))
    )

  setRunner(name: string, port: number, state: ViewRunner["state"] = "up"): void {
    this.entries.set(name, { name, epoch: 1, link: `${port}`, state })
    this.tell()
  }

  setDevice(name: string, runner: string | undefined, epoch: number): void {
    this.wish.set(name, { runner, epoch })
    this.tell()
  }

  removeDevice(name: string): void {
    this.wish.delete(name)
    this.tell()
  }

  private tell(): void {
    this.revision++
    const former = this.latch
    this.latch = Latch.makeUnsafe(false)
    former.openUnsafe()
  }
}

const textOf = (argument: unknown): string =>
  argument instanceof Uint8Array ? new TextDecoder().decode(argument) : String(argument)

/** A runner: its own site, and the proxy that it serves to the others. */
export class TestRunner {
  readonly name: string
  readonly port: number
  readonly own: SiteShape
  readonly epochs = new Map<string, number>()
  /** The requests of other runners at its proxy. */
  readonly asked: Array<string> = []
  private readonly directory: TestDirectory
  private readonly scope: Scope.Scope
  private proxy: Scope.Closeable | undefined = undefined

  constructor(name: string, port: number, own: SiteShape, directory: TestDirectory, scope: Scope.Scope) {
    this.name = name
    this.port = port
    this.own = own
    this.directory = directory
    this.scope = scope
  }

  static make = (name: string, port: number, directory: TestDirectory) =>
    Effect.gen(function* () {
      const own = yield* Site.make({})
      const runner = new TestRunner(name, port, own, directory, yield* Effect.scope)
      yield* runner.on
      return runner
    })

  readonly on = Effect.gen({ self: this as TestRunner }, function* () {
    this.proxy = yield* Scope.fork(this.scope)
    const { server, state } = linkOptions(this.own, () => this.epochs)
    yield* Scope.provide(
      serveProxy(this.own, this.port, {
        id: this.name,
        requests: Allow.only("*/track", "m001/halt-all"),
        state,
        server: {
          ...server,
          onMessage: (_, { arguments: args, name }, usual) => {
            this.asked.push([name, ...args.map(textOf)].join(" "))
            return usual
          }
        }
      }),
      this.proxy
    )
    this.directory.setRunner(this.name, this.port)
  })

  /** Its proxy goes, as if it was killed. */
  readonly off = Effect.suspend(() => (this.proxy === undefined ? Effect.void : Scope.close(this.proxy, Exit.void)))

  /** Takes a device with an epoch. */
  readonly take = (device: string, epoch: number, { socket }: TestDevice) =>
    Effect.gen({ self: this as TestRunner }, function* () {
      this.epochs.set(device, epoch)
      this.directory.setDevice(device, this.name, epoch)
      yield* this.own.add(device, { socket, client })
    })

  readonly release = (device: string) => Effect.asVoid(this.own.remove(device))
}

/** Two devices, and three runners that hold none of them yet; the view is that of r1. */
export const threeRunners = Effect.gen(function* () {
  const devices = [yield* device(1), yield* device(2)] as const
  const temps = yield* Effect.forEach(devices, ({ set }) => set.add(temp()))
  const counts = yield* Effect.forEach(devices, ({ set }) => set.add(count()))
  const directory = new TestDirectory()
  const r1 = yield* TestRunner.make("r1", 101, directory)
  const r2 = yield* TestRunner.make("r2", 102, directory)
  const r3 = yield* TestRunner.make("r3", 103, directory)
  const sockets = new Map<string, Socket.Socket>()
  for (const { link } of directory.runners().values()) sockets.set(link, yield* socketOf(Number(link)))
  const view = yield* makeView({
    own: r1.own,
    directory,
    held: () => r1.epochs,
    dial: ({ link }) => Layer.succeed(Socket.Socket, sockets.get(link)!)
  })
  return { devices, temps, counts, directory, r1, r2, r3, view }
})
