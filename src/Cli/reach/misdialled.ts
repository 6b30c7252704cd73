/**
 * Detects devices that are dialled in the wrong way: TLS on a plain port, or a plain connection to a TLS port or a web
 * server.
 */
import * as Effect from "effect/Effect"
import { DeviceAddress } from "../../Site/index.ts"
import { speaksHttp, speaksTls } from "../../Site/node/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import type { Host } from "./host.ts"

/**
 * The silence after which a device is examined: devices of version 5 and of version 4 greet at once. Not measured:
 * several round trips of any network.
 */
const silence = "500 millis"

/** Fails if a port that was dialled without TLS speaks TLS. */
const unlessTls = ({ address, where }: Host): Effect.Effect<void, Failure> => {
  if (address._tag === "Unix" || address.secure) return Effect.void
  return Effect.flatMap(speaksTls(address.host, address.port), (speaks) =>
    speaks
      ? cannotRun(
          `${where} looks like TLS: try ${DeviceAddress.over(address, address._tag === "Tcp" ? "katcps" : "wss")}${
            address._tag === "Tcp" ? `, or ${DeviceAddress.over(address, "wss")} for a WebSocket` : ""
          }`
        )
      : Effect.void
  )
}

/** Fails if a web server answers at the device's port. */
const unlessWeb = ({ address, where }: Host): Effect.Effect<void, Failure> => {
  if (address._tag !== "Tcp") return Effect.void
  const { host, port, secure } = address
  return Effect.flatMap(speaksHttp(host, port, secure), (speaks) =>
    speaks
      ? cannotRun(
          `${where} looks like a web server: if a device is behind a WebSocket there, try ${DeviceAddress.over(address, secure ? "wss" : "ws")}/PATH`
        )
      : Effect.void
  )
}

const unlessOther = (host: Host) => Effect.all([unlessTls(host), unlessWeb(host)], { concurrency: 2, discard: true })

/** OpenSSL's errors for a peer that does not speak TLS: as a code, or in the message of a failed write. */
const notTls = /wrong.version.number|packet.length.too.long|http.request/i

/** Returns a hint for a failure to connect, as `; try …`. */
const hintOf = ({ address, hint }: Host, error: unknown): string => {
  if (hint !== "") return hint
  if (address._tag === "Unix") return ""
  const found = faultsIn(error)
  if (address.secure && found.some((text) => notTls.test(text)))
    return `; try ${DeviceAddress.over(address, address._tag === "Tcp" ? "katcp" : "ws")}`
  if (address._tag === "WebSocket" && found.some((text) => text.startsWith("HPE_")))
    return `; this is not a web server: try ${DeviceAddress.over(address, address.secure ? "katcps" : "katcp")}`
  return ""
}

/** Returns the codes of an error and its causes, and the messages of protocol faults. */
const faultsIn = (error: unknown): ReadonlyArray<string> => {
  const found: Array<string> = []
  const waiting: Array<unknown> = [error]
  for (let at = waiting.shift(), left = 32; at !== undefined && left > 0; at = waiting.shift(), left--) {
    if (typeof at !== "object" || at === null) continue
    const { cause, code, errors, error: within, message, reason } = at as Record<string, unknown>
    if (typeof code === "string") found.push(code === "EPROTO" ? String(message) : code)
    waiting.push(
      ...[cause, reason, within, ...(Array.isArray(errors) ? errors : [])].filter((one) => one !== undefined)
    )
  }
  return found
}

/**
 * Connects. If the device is dialled in the wrong way, the failure names the right one. A plain connection to a TLS
 * port or a web server stays silent; it is examined after half a second, before the timeout.
 */
export const noticing = <A, E, R>(
  host: Host,
  connecting: Effect.Effect<A, E, R>,
  explain: (error: E) => Failure
): Effect.Effect<A, Failure, R> => {
  const failed = (error: E): Effect.Effect<never, Failure> => {
    const failure = explain(error)
    const hint = hintOf(host, error)
    return hint === ""
      ? Effect.andThen(unlessOther(host), failure)
      : Effect.fail(cannotRun(`${failure.message}${hint}`))
  }
  const looked = Effect.sleep(silence).pipe(Effect.andThen(unlessOther(host)), Effect.andThen(Effect.never))
  return Effect.raceFirst(Effect.catch(connecting, failed), looked)
}
