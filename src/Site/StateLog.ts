import * as Effect from "effect/Effect"

/** Logs that a device is connected, or why it is away, whenever that has changed: by its name, and once. */
export class StateLog {
  private readonly device: string
  private readonly address: string | undefined
  /** Why the device is away; empty while it is connected. Undefined before the first attempt has ended. */
  private state: string | undefined = undefined

  constructor(device: string, address: string | undefined) {
    this.device = device
    this.address = address
  }

  /** Adds the name of the device to whatever an effect logs. */
  readonly annotated = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.annotateLogs(effect, { device: this.device })

  /** Logs the state, if it is another than before. The first connection is news at level Debug alone. */
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
