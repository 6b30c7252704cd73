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

/** What commands say of how to reach a device. */
export interface Reaching extends Dialling {
  readonly timeout: Option.Option<number>
  readonly protocol: Option.Option<string>
  /** Seconds; 0 is never. */
  readonly alive?: Option.Option<number>
}

/** What commands say that go on while a device goes and comes back. */
export interface Reconnecting extends Reaching {
  readonly alive: Option.Option<number>
  /** Seconds. */
  readonly reconnectMax: Option.Option<number>
  /** So many attempts in a row to connect again, and no more. */
  readonly attempts?: Option.Option<number>
}

/** A client of a device that is reached at once or not at all; `options` may make it one that goes on trying. */
export const connect = (
  host: Host,
  { alive = Option.none(), protocol, timeout }: Reaching,
  options?: Client.Options
): Effect.Effect<Client.Client<never, never>, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const said = Option.getOrElse(protocol, () => host.protocol)
    const preset = said === undefined ? undefined : Option.getOrUndefined(Protocol.parse(said))
    if (said !== undefined && preset === undefined)
      return yield* cannotRun(`${JSON.stringify(said)} is no version of the protocol: write 5.1-BIMT or 4.0`)
    const socket = yield* Layer.build(host.dial)
    const { busy } = yield* Output
    const client = Client.make({
      host: host.text,
      reconnect: false,
      deviceLog: false,
      ...(preset === undefined ? {} : { protocol: preset }),
      ...(Option.isSome(alive) ? { alive: alive.value === 0 ? Number.POSITIVE_INFINITY : alive.value * 1000 } : {}),
      // what the user will wait for a request, they will wait for the greeting
      ...(Option.isSome(timeout) ? { timeout: timeout.value * 1000, negotiationTimeout: timeout.value * 1000 } : {}),
      ...options
    }).pipe(Effect.provideContext(socket))
    return yield* busy(
      `connecting to ${host.where}`,
      noticing(host, client, (error) => explainConnecting(host.where, error))
    )
  })

/** The options of a client that must be reached once, and from then on connects again. */
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

/** What a request may take, where the user has said so. */
export const callOptions = ({ timeout }: Reaching): Client.CallOptions | undefined =>
  Option.isSome(timeout) ? { timeout: timeout.value * 1000 } : undefined

/** Nothing of the library's own log on the terminal. */
export const quiet = Logger.layer([])
