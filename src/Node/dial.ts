import type * as Net from "node:net"
import type { Duplex } from "node:stream"
import { clearTimeout, setTimeout } from "node:timers"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { ConnectedReader, Ends } from "../Client/index.ts"
import type { Sink } from "../Codec/index.ts"
import { addressOf } from "./addressOf.ts"
import { Connection } from "./Connection.ts"
import { type Address, names } from "./Names.ts"
import { race } from "./race.ts"

/** Returns the error of a connection that could not be opened. */
export const unopened = (kind: "Unknown" | "Timeout", cause: unknown): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind, cause }) })

/** The destination and options of dialling. */
interface Dial {
  /** The host, whose addresses are raced; `undefined` if there is no name to look up. */
  readonly host: string | undefined
  readonly connect: (address: string) => Duplex
  /** The event of Node's socket when it is usable; `undefined` for a stream that is usable at once. */
  readonly ready: "connect" | "secureConnect" | undefined
  /** The timeout of the whole attempt. */
  readonly openTimeout: Duration.Input
  /** Adds details to an error. */
  readonly explain?: ((cause: unknown) => unknown) | undefined
  /** Finds the addresses of a host; by default with the process's name lookups. */
  readonly find?: ((host: string) => Effect.Effect<ReadonlyArray<Address>, unknown>) | undefined
}

interface Open {
  readonly socket: Duplex
  readonly connection: Connection
}

/** The longest time of a timer in milliseconds: 25 days. Given by Node. */
const longest = 2 ** 31 - 1
const anyAddress: Address = { address: "", family: 0 }

/** Returns the error of an attempt that took too long. */
export const late = (looking: boolean): Socket.SocketError =>
  unopened(
    "Timeout",
    new Error(looking ? "the name server does not answer the lookup of the host" : "the host does not answer")
  )

/** The addresses of both ends, as far as the stream provides them. Read on demand. */
export class StreamEnds implements Ends {
  private readonly stream: Duplex & Partial<Pick<Net.Socket, AddressKey>>
  private here: Ends["local"]
  private there: Ends["remote"]

  constructor(stream: Duplex & Partial<Pick<Net.Socket, AddressKey>>) {
    this.stream = stream
  }

  get local(): Ends["local"] {
    return (this.here ??= addressOf(this.stream.localAddress, this.stream.localPort))
  }

  get remote(): Ends["remote"] {
    return (this.there ??= addressOf(this.stream.remoteAddress, this.stream.remotePort))
  }
}

type AddressKey = "localAddress" | "localPort" | "remoteAddress" | "remotePort"

class DialledReader implements ConnectedReader {
  readonly pull: Socket.Reader["pull"]
  readonly upgrade: Socket.Reader["upgrade"]
  readonly ends: Ends
  readonly #connection: Connection

  constructor({ connection, socket }: Open) {
    const { pull, upgrade } = connection.reader
    this.pull = pull
    this.upgrade = upgrade
    this.ends = new StreamEnds(socket)
    this.#connection = connection
  }

  // not a property of its own: a copy of this reader with another `pull` must not have it
  read(take: Parameters<Connection["read"]>[0]): ReturnType<Connection["read"]> {
    return this.#connection.read(take)
  }
}

/** Returns a `Socket` that dials whenever its reader is acquired. Writes before that wait. */
export const dial = ({
  connect,
  explain = identity,
  find = names.find,
  host,
  openTimeout,
  ready
}: Dial): Socket.Socket => {
  const milliseconds = Math.min(longest, Duration.toMillis(Duration.fromInputUnsafe(openTimeout)))
  let current: Connection | undefined
  let writer: Connection["writer"] | undefined
  /** Holds the writes that began without a connection; `undefined` without such writes. */
  let latch: Latch.Latch | undefined
  const opened = <A, E>(writing: Effect.Effect<A, E>) => (latch ??= Latch.makeUnsafe(false)).whenOpen(writing)

  const reader = Effect.contextWith((context: Context.Context<Scope.Scope>) => {
    const sockets = new Set<Duplex>()
    let connection: Connection | undefined
    const release = Effect.sync(() => {
      clearTimeout(timer)
      if (current === connection) {
        current = undefined
        writer = undefined
        latch?.closeUnsafe()
      }
      connection?.release()
      for (const socket of sockets) socket.destroy()
    })
    let looking = host !== undefined
    let isLate = false
    let stopLooking = () => {}
    // A timer of Node, not the Clock: a race of two fibers takes 4 to 6 % of the time in which a client connects and
    // mirrors 20 sensors (measured).
    // @effect-diagnostics-next-line globalTimers:off
    const timer = setTimeout(() => {
      isLate = true
      stopLooking()
      for (const socket of sockets) socket.destroy(new Error("too late"))
    }, milliseconds)
    const attempt = ({ address }: Address) =>
      Effect.callback<Open, unknown>((resume) => {
        const fail = (cause: unknown) => resume(Effect.fail(cause))
        if (isLate) return fail(undefined)
        try {
          const socket = connect(address)
          sockets.add(socket)
          socket.once("error", fail)
          const open = () => {
            // created at once, so every error has a listener
            const made = new Connection(socket)
            socket.off("error", fail)
            resume(Effect.succeed({ socket, connection: made }))
          }
          if (ready === undefined) return open()
          socket.once(ready, open)
          return Effect.sync(() => socket.destroy())
        } catch (cause) {
          // invalid options
          return fail(cause)
        }
      })
    const found = host === undefined ? Effect.succeed([anyAddress]) : find(host)
    const stopped = Effect.callback<never, unknown>((resume) => {
      stopLooking = () => resume(Effect.fail(undefined))
    })
    const opening = (Exit.isExit(found) ? found : Effect.raceFirst(found, stopped)).pipe(
      Effect.flatMap((addresses) => {
        looking = false
        return race(addresses, attempt)
      }),
      Effect.mapError((cause) => (isLate ? late(looking) : unopened("Unknown", explain(cause))))
    )
    return Scope.addFinalizer(Context.get(context, Scope.Scope), release).pipe(
      Effect.andThen(opening),
      Effect.map((open) => {
        clearTimeout(timer)
        connection = open.connection
        // the other attempts have lost, even those that opened in the same turn
        sockets.delete(open.socket)
        for (const socket of sockets) socket.destroy()
        sockets.clear()
        current = connection
        writer = connection.writer
        latch?.openUnsafe()
        return new DialledReader(open)
      })
    )
  })
  const write: Socket.Writer["write"] = (chunk) =>
    Effect.suspend(() => (writer === undefined ? opened(write(chunk)) : writer.write(chunk)))
  const writeAll: Socket.Writer["writeAll"] = (chunks) =>
    Effect.suspend(() => (writer === undefined ? opened(writeAll(chunks)) : writer.writeAll(chunks)))
  const writeNow: Required<Sink>["writeNow"] = (chunks) =>
    writer === undefined
      ? writeAll(chunks as unknown as readonly [Uint8Array, ...Array<Uint8Array>])
      : writer.writeNow!(chunks)

  const finish = Effect.sync(() => current?.finish())
  return Socket.make({
    reader,
    writer: Effect.contextWith((context: Context.Context<Scope.Scope>) =>
      Effect.as(Scope.addFinalizer(Context.get(context, Scope.Scope), finish), { write, writeAll, writeNow })
    )
  })
}
