import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { LiveSensor, Reading } from "../Sensor/index.ts"
import type { Outgoing } from "./Outgoing.ts"

/** How many bytes are written before the client is waited for again: its replies need not wait behind all readings. */
const ahead = 32768

/**
 * The readings that wait for a client that does not read, where the server conflates: of each sensor the one that was to
 * be reported last, in the order in which the sensors first had one to wait. What such a client is told of a sensor is
 * then part of what a quick one is told, in the same order and with the same end. Nothing is formatted before it is sent.
 */
export class LatestReadings {
  private readonly client: Outgoing
  private readonly readings = new Map<LiveSensor<unknown>, Reading<unknown>>()
  /** Whether a fiber waits for the client. It ends when the client takes what was written, or is gone. */
  private sending = false

  constructor(client: Outgoing) {
    this.client = client
  }

  /** Keeps a reading in place of an older one, if it cannot be sent now. False where it can. */
  hold(sensor: LiveSensor<unknown>, reading: Reading<unknown>): boolean {
    const { client, readings } = this
    // behind others that wait, so that they keep their order
    if (readings.size === 0 && !client.behind) return false
    readings.set(sensor, reading)
    if (!this.sending) {
      this.sending = true
      client.hub.runOwn(this.send)
    }
    return true
  }

  /** The sensor's reading is not to be sent any more. */
  drop(sensor: LiveSensor<unknown>): void {
    this.readings.delete(sensor)
  }

  /** Nothing is to be sent any more. */
  clear(): void {
    this.readings.clear()
  }

  /** Sends what waits, as the client takes it. */
  private readonly send: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    while (this.readings.size > 0) {
      yield* this.client.drained
      const failures = this.sendSome()
      for (const failure of failures) yield* Effect.logError("a report of a sensor failed", Cause.die(failure))
      yield* Effect.yieldNow
    }
    this.sending = false
  })

  /** Gives what writing them threw: one that throws holds up no other. */
  private sendSome(): ReadonlyArray<unknown> {
    const { client, readings } = this
    const failures: Array<unknown> = []
    for (const [sensor, reading] of readings) {
      readings.delete(sensor)
      try {
        client.writeStatus(sensor, reading)
      } catch (thrown) {
        failures.push(thrown)
      }
      if (client.backlog > ahead) break
    }
    return failures
  }
}
