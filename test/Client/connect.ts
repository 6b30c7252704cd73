/** A client and its device, which is played by the test. */
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Socket from "effect/socket/Socket"
import { Client, Interface, type Sensor } from "katcp"
import { RawConnection, SocketPair } from "katcp/Testing"

export const hello5 = "#version-connect katcp-protocol 5.1-MIB\n"
export const hello4 = "#version example-api-1.0\n#build-state example-implementation-0.1\n"

export const immediately = { startImmediately: true } as const

/** A contract without requests, for clients that call by name. */
class Nothing extends Interface.make("nothing") {}

/** A client that is connected to a device that has said hello. */
export const connect = Effect.fnUntraced(function* (options?: Client.Options, hello = hello5) {
  return yield* connectTo(Nothing, options, hello)
})

/** The same for a client with a contract. */
export const connectTo = <R extends Interface.Request.Any, S extends Sensor.Any>(
  contract: Client.Contract<R, S>,
  options?: Client.Options,
  hello = hello5,
  pair?: SocketPair.Options
) =>
  Effect.gen(function* () {
    const [near, far] = SocketPair.make(pair)
    const device = yield* RawConnection.make(far)
    yield* device.send(hello)
    const client = yield* Effect.provideService(
      Client.make(contract, { reconnect: false, checkContract: false, alive: Number.POSITIVE_INFINITY, ...options }),
      Socket.Socket,
      near
    )
    return { client, device }
  })

/** Runs an effect and gives what is logged at a level, with the texts. */
export const logged = <A, E, R>(effect: Effect.Effect<A, E, R>, minimum: "Debug" | "Warn" = "Warn") => {
  const records: Array<string> = []
  const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    const { logger } = fiber.getRef(References.CurrentLogAnnotations)
    records.push(`${logLevel} ${logger}: ${Array.isArray(message) ? message.join(" ") : message}`)
  })
  return Effect.map(
    effect.pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(References.MinimumLogLevel, minimum)),
    (value) => ({ value, records })
  )
}
