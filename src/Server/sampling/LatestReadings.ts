import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"
import type { Outgoing } from "../session/Outgoing.ts"

/**
 * Bytes that are written before waiting for the client again, so its replies need not wait behind all readings. Not
 * measured: half a page, some 300 readings.
 */
const ahead = 32768

/**
 * The readings that wait for a client that does not read, if the server conflates: the newest report of each sensor, in
 * the order in which the sensors first had one to wait. A slow client receives a subsequence of the reports that a fast
 * client receives: same order, same final reading. Nothing is formatted before it is sent.
 */
export class LatestReadings {
  private readonly client: Outgoing
  private readonly readings = new Map<LiveSensor<unknown>, Reading<unknown>>()
  /** `true` while a fiber waits for the client, until the client takes the written bytes, or is gone. */
  private sending = false

  constructor(client: Outgoing) {
    this.client = client
  }

  /** Keeps a reading, replacing an older one, if it cannot be sent now. Returns `false` if it can be sent now. */
  hold(sensor: LiveSensor<unknown>, reading: Reading<unknown>): boolean {
    const { client, readings } = this
    // after others that wait, to keep their order
    if (readings.size === 0 && !client.behind) return false
    readings.set(sensor, reading)
    if (!this.sending) {
      this.sending = true
      client.runtime.runOwn(this.send)
    }
    return true
  }

  /** Drops the reading of a sensor. */
  drop(sensor: LiveSensor<unknown>): void {
    this.readings.delete(sensor)
  }

  /** Drops all readings. */
  clear(): void {
    this.readings.clear()
  }

  /** Sends the waiting readings as the client takes them. */
  private readonly send: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    while (this.readings.size > 0) {
      yield* this.client.drained
      const failures = this.sendSome()
      for (const failure of failures) yield* Effect.logError("a report of a sensor failed", Cause.die(failure))
      yield* Effect.yieldNow
    }
    this.sending = false
  })

  /** Sends some readings. Returns the errors of those that could not be written, which do not stop the others. */
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
