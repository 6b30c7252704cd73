/** Reports what a command waits for: when it begins to wait, and when the reason changes. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Client from "../../Client/index.ts"
import type { KatcpError, Protocol } from "../../Message/index.ts"
import { explain } from "../Failure.ts"
import type { Host } from "./host.ts"

/** The names of the device. */
type Called = Pick<Host, "text" | "where">

/** A client of any contract. */
type AnyClient = Pick<Client.Client<never, never>, "device" | "events" | "protocol">

/**
 * Seconds without an answer after which a note is shown. Not measured: most answers arrive before, and a person wonders
 * after that.
 */
const waitBeforeNote = 3

/** A change: for programs its name and data, for people the text. */
export interface Notice {
  readonly event: "disconnected" | "waiting" | "connected"
  readonly text: string
  readonly more?: Readonly<Record<string, unknown>>
}

/** Awaited sensors: the user's text, and the filter. */
export interface Wanted {
  readonly pattern: string
  readonly filter: Client.SensorFilter
  /** The target, if it covers several devices: a device without such a sensor is skipped. */
  readonly anywhere?: string | undefined
}

/** Returns why the sensors of a device are not known. The timeout of these requests is not the user's. */
const unanswered = (host: Called, error: KatcpError): string =>
  error.reason._tag === "TimedOut"
    ? `${host.text} does not answer ?${error.request} within ${error.reason.timeout / 1000} s`
    : explain(host.text, error).message

/** Watches a client, and reports its problems. */
export interface Waiting {
  /** The reason why there are no readings now; `undefined` if everything is there. */
  readonly reason: () => string | undefined
  /** Reports changes until it is interrupted. */
  readonly run: Effect.Effect<void>
}

/** `wanted` are the sensors that the device had at the start, and may lack after reconnecting. */
export const waitingFor = (
  client: AnyClient,
  host: Called,
  wanted: () => ReadonlyArray<Wanted>,
  tell: (notice: Notice) => Effect.Effect<void>
): Waiting => {
  let reason: string | undefined
  let spoken: Protocol = client.protocol
  /** The seconds since the device was queried for its sensors; `undefined` otherwise. */
  let asking: number | undefined
  const waits = (text: string) => {
    if (text === reason) return Effect.void
    reason = text
    return tell({ event: "waiting", text, more: { reason: text } })
  }
  const missing = () => {
    const names = Array.from(client.device.sensors.values, ({ name }) => name)
    return wanted().filter(({ filter }) => !names.some((name) => Client.matches(filter, name)))
  }
  const took = (event: Client.ClientEvent): Effect.Effect<void> => {
    switch (event._tag) {
      case "Disconnected": {
        const why = event.reason.reason.message
        reason = `${host.text}: ${why}`
        asking = undefined
        return tell({ event: "disconnected", text: `${reason}; reconnecting`, more: { reason: why } })
      }
      case "ConnectFailed":
        return waits(`${explain(host.where, event.reason).message}; retrying`)
      case "Connected": {
        const other = `${event.protocol}` !== `${spoken}`
        const text = `connected to ${host.text} again${other ? `; it speaks ${event.protocol} now, and spoke ${spoken} before` : ""}`
        spoken = event.protocol
        reason = undefined
        asking = 0
        return tell({ event: "connected", text, ...(other ? { more: { protocol: `${event.protocol}` } } : {}) })
      }
      case "SyncFailed":
        asking = undefined
        return waits(`${unanswered(host, event.reason)}; retrying`)
      case "Synced": {
        asking = undefined
        const names = missing().map(({ pattern }) => pattern)
        if (names.length > 0) return waits(`${host.text} has no sensor ${names.join(", ")} now; waiting for it`)
        reason = undefined
        return Effect.void
      }
      default:
        return Effect.void
    }
  }
  const second = Effect.suspend(() =>
    asking !== undefined && ++asking === waitBeforeNote
      ? waits(`${host.text} does not answer queries of its sensors; waiting`)
      : Effect.void
  )
  const seconds = Effect.repeat(second, Schedule.spaced("1 second"))
  return { reason: () => reason, run: Effect.raceFirst(Stream.runForEach(client.events, took), Effect.asVoid(seconds)) }
}
