import * as Effect from "effect/Effect"

/** Logs each change of a device's state once: connected, or the reason why it is not. */
export class StateLog {
  private readonly device: string
  private readonly address: string | undefined
  /** The reason why the device is not connected; empty while it is. Undefined before the first attempt has ended. */
  private state: string | undefined = undefined

  constructor(device: string, address: string | undefined) {
    this.device = device
    this.address = address
  }

  /** Adds the name of the device to all log records of an effect. */
  readonly annotated = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.annotateLogs(effect, { device: this.device })

  /** Logs the state if it has changed. The first connection is logged at level Debug. */
  log(connected: boolean, error: string | undefined): Effect.Effect<void> {
    const state = connected ? "" : error
    if (state === undefined || state === this.state) return Effect.void
    const level = this.state === undefined ? "Debug" : "Info"
    this.state = state
    const at = this.address === undefined ? "" : ` (${this.address})`
    const log = connected ? Effect.logWithLevel(level)(`connected${at}`) : Effect.logWarning(`away: ${state}`)
    return this.annotated(Effect.annotateLogs(log, { logger: "katcp.site" }))
  }
}
