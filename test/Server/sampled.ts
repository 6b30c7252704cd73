/** A client of a device for sampling, and the lines that it receives. */
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { RawConnection } from "katcp/Testing"
import { say, start } from "./harness.ts"
import { lab } from "./samplingLab.ts"

/** Connects to a new device. */
export const connected = Effect.fnUntraced(function* (options?: Parameters<ReturnType<typeof lab>["layer"]>[0]) {
  const device = lab()
  const { connect, dial, server } = yield* start(device.layer(options))
  const client = yield* dial()
  yield* client.settle
  return { client, connect, dial, server, device, sensors: device.sensors, set: device.set }
})

/** Sends lines and takes what comes of them. */
export const told = (client: RawConnection.RawConnection, ...lines: ReadonlyArray<string>) =>
  Effect.andThen(say(client, ...lines), client.settle)

/** The times, in milliseconds, of a client's input, in a number of steps. */
export const timeline = Effect.fnUntraced(function* (client: RawConnection.RawConnection, step: number, steps: number) {
  const times: Array<number> = []
  for (let at = 1; at <= steps; at++) {
    yield* TestClock.adjust(step)
    for (const _ of yield* client.settle) times.push(at * step)
  }
  return times
})
