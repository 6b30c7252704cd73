/** What a command waits for, in words: said when it begins to wait, and again when the reason changes. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Client from "../../Client/index.ts"
import type { KatcpError, Protocol } from "../../Message/index.ts"
import { explain } from "../Failure.ts"
import type { Host } from "./host.ts"

/** The device as it is called here. */
type Called = Pick<Host, "text" | "where">

/** A client of any contract. */
type AnyClient = Pick<Client.Client<never, never>, "device" | "events" | "protocol">

/**
 * Seconds without an answer after which a note says that one is waited for. Not measured: most answers are there
 * before, and a person wonders after that.
 */
const waitBeforeNote = 3

/** Something that has changed: for a program its name and what is known of it, for a person the text. */
export interface Notice {
  readonly event: "disconnected" | "waiting" | "connected"
  readonly text: string
  readonly more?: Readonly<Record<string, unknown>>
}

/** Sensors that are waited for: as the user has written them, and as a filter. */
export interface Wanted {
  readonly pattern: string
  readonly filter: Client.SensorFilter
  /** The target, if it stands for any of several devices: one that has no such sensor is passed over. */
  readonly anywhere?: string | undefined
}

/** Why the sensors of a device are not known. The time-out of these requests is not the user's. */
const unanswered = (host: Called, error: KatcpError): string =>
  error.reason._tag === "TimedOut"
    ? `${host.text} does not answer ?${error.request} within ${error.reason.timeout / 1000} s`
    : explain(host.text, error).message

/** Follows a client, and says what keeps it. */
export interface Waiting {
  /** Why nothing comes now; undefined if all is there that is wanted. */
  readonly reason: () => string | undefined
  /** Tells what changes until it is interrupted. */
  readonly run: Effect.Effect<void>
}

/** `wanted` is what the device had when the command began, and may lack when it comes back. */
export const waitingFor = (
  client: AnyClient,
  host: Called,
  wanted: () => ReadonlyArray<Wanted>,
  tell: (notice: Notice) => Effect.Effect<void>
): Waiting => {
  let reason: string | undefined
  let spoken: Protocol = client.protocol
  /** For how many seconds the device was asked about its sensors; undefined while it is not. */
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
        return tell({ event: "disconnected", text: `${reason}; connecting again`, more: { reason: why } })
      }
      case "ConnectFailed":
        return waits(`${explain(host.where, event.reason).message}; trying again`)
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
        return waits(`${unanswered(host, event.reason)}; asking again`)
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
      ? waits(`${host.text} does not answer what it is asked about its sensors; waiting`)
      : Effect.void
  )
  const seconds = Effect.repeat(second, Schedule.spaced("1 second"))
  return { reason: () => reason, run: Effect.raceFirst(Stream.runForEach(client.events, took), Effect.asVoid(seconds)) }
}
