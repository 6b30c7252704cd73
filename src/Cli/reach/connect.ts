import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Client from "../../Client/index.ts"
import { Protocol } from "../../Message/index.ts"
import { cannotRun, explainConnecting, type Failure } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import type { Host } from "./host.ts"
import { noticing } from "./misdialled.ts"
import type { Dialling } from "./targets.ts"

/** The options for reaching a device. */
export interface Reaching extends Dialling {
  readonly timeout: Option.Option<number>
  readonly protocol: Option.Option<string>
  /** In seconds; 0 for never. */
  readonly alive?: Option.Option<number>
}

/** The options of commands that continue while a device is away. */
export interface Reconnecting extends Reaching {
  readonly alive: Option.Option<number>
  /** In seconds. */
  readonly reconnectMax: Option.Option<number>
  /** The largest number of consecutive attempts to reconnect. */
  readonly attempts?: Option.Option<number>
}

/** Connects a client to a device, or fails at once; with `options` it may reconnect. */
export const connect = (
  host: Host,
  { alive = Option.none(), protocol, timeout }: Reaching,
  options?: Client.Options
): Effect.Effect<Client.Client<never, never>, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const said = Option.getOrElse(protocol, () => host.protocol)
    const preset = said === undefined ? undefined : Option.getOrUndefined(Protocol.parse(said))
    if (said !== undefined && preset === undefined)
      return yield* cannotRun(`${JSON.stringify(said)} is not a protocol version: write 5.1-BIMT or 4.0`)
    const socket = yield* Layer.build(host.dial)
    const { busy } = yield* Output
    const client = Client.make({
      host: host.text,
      reconnect: false,
      deviceLog: false,
      ...(preset === undefined ? {} : { protocol: preset }),
      ...(Option.isSome(alive) ? { alive: alive.value === 0 ? Number.POSITIVE_INFINITY : alive.value * 1000 } : {}),
      // the user's timeout for a request also applies to the greeting
      ...(Option.isSome(timeout) ? { timeout: timeout.value * 1000, negotiationTimeout: timeout.value * 1000 } : {}),
      ...options
    }).pipe(Effect.provideContext(socket))
    return yield* busy(
      `connecting to ${host.where}`,
      noticing(host, client, (error) => explainConnecting(host.where, error))
    )
  })

/** Returns the options of a client that must connect once, and reconnects from then on. */
export const again = ({
  attempts = Option.none(),
  reconnectMax
}: Pick<Reconnecting, "attempts" | "reconnectMax">): Client.Options => {
  const delays = Client.backOff(Option.isSome(reconnectMax) ? { longest: reconnectMax.value * 1000 } : {})
  return {
    reconnect: Option.isSome(attempts) ? Schedule.max([delays, Schedule.recurs(attempts.value)]) : delays,
    connecting: "fail"
  }
}

/** Returns the user's timeout of requests, if given. */
export const callOptions = ({ timeout }: Reaching): Client.CallOptions | undefined =>
  Option.isSome(timeout) ? { timeout: timeout.value * 1000 } : undefined

/** Suppresses the library's own log on the terminal. */
export const quiet = Logger.layer([])
