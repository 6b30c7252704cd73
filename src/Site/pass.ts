import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Answer } from "../Client/index.ts"
import { permits, type RequestRole, type Role, roleNeeded } from "../Interface/index.ts"
import type { ArgumentValue } from "../Message/index.ts"
import { elideText } from "../Server/index.ts"
import type { Allow } from "./Allow.ts"
import type { SiteDevice } from "./Device.ts"
import { type NoSuchDevice, RequestRefused } from "./errors.ts"
import { isNeverPassed } from "./neverPassed.ts"
import type { PassedRequest } from "./PassedRequest.ts"
import { roleOf } from "./roleOf.ts"

/**
 * A request of a client for a site to pass on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked {
  /** The name in the client's certificate or token; undefined without one. */
  readonly who?: string | undefined
  /** The address of the client, or the name of the part of this program. */
  readonly from: string
  /** The role of the client. */
  readonly role: Role
  /** The interface of the request: `proxy`, `http`, `websocket`, `program`. */
  readonly via: string
  /** The requests that this interface passes on. */
  readonly allow: Allow
  /** The name of the device. */
  readonly device: string
  /** The name of the request, as the device has it. */
  readonly request: string
  /** Its arguments. */
  readonly arguments: ReadonlyArray<ArgumentValue>
  /** The role that the request needs. Default: that of `roleOf`, else that of `roleNeeded`. */
  readonly needs?: RequestRole | undefined
  /**
   * `true` if the calling part logs the request itself, as a server does: the record goes to the readers of
   * `Site.audit`, and not to the log. Default `false`.
   */
  readonly logged?: boolean | undefined
  /**
   * `true` if the record must not show the arguments, for example of a request with a password. It then has no reason,
   * which can repeat them. Default: `allow.withholds` decides.
   */
  readonly withhold?: boolean | undefined
}

/**
 * Checks a request, runs it, and records the outcome.
 *
 * @category requests
 * @since 0.1.0
 */
export const passOn = <A, E, R>(
  asked: Asked,
  {
    device,
    found,
    record,
    run
  }: {
    readonly device: (name: string) => Effect.Effect<SiteDevice, NoSuchDevice>
    /** The device, if it exists: it determines the role that the request needs. */
    readonly found?: SiteDevice | undefined
    readonly run: (device: SiteDevice) => Effect.Effect<A, E, R>
    readonly record: (record: Omit<PassedRequest, "missed">, logged: boolean) => Effect.Effect<void>
  }
): Effect.Effect<A, E | NoSuchDevice | RequestRefused, R> =>
  Clock.clockWith((clock) => {
    const time = clock.currentTimeMillisUnsafe() / 1000
    const begun = clock.monotonicTimeNanosUnsafe()
    const why = refusalOf(asked, found)
    const { device: name, request } = asked
    const isWithheld = asked.withhold ?? asked.allow.withholds?.(name, request) ?? false
    const effect: Effect.Effect<A, E | NoSuchDevice | RequestRefused, R> =
      why === undefined
        ? Effect.flatMap(device(name), run)
        : Effect.fail(new RequestRefused({ device: name, request, message: why }))
    return Effect.onExit(effect, (exit) => {
      const seconds = Number(clock.monotonicTimeNanosUnsafe() - begun) / 1e9
      const { outcome, reason } = outcomeOf(exit)
      const passed = {
        time,
        ...(asked.who === undefined ? {} : { who: asked.who }),
        from: asked.from,
        role: asked.role,
        via: asked.via,
        // a caller can give names of any length
        device: elideText(name),
        request: elideText(request),
        arguments: isWithheld ? [`(${asked.arguments.length} withheld)`] : elided(asked.arguments),
        outcome,
        ...(reason === undefined || isWithheld ? {} : { reason: elideText(reason) }),
        seconds
      }
      return record(passed, asked.logged === true)
    })
  })

const refusalOf = (
  { allow, arguments: values, device, request, role, ...asked }: Asked,
  found: SiteDevice | undefined
): string | undefined => {
  if (isNeverPassed(request))
    return `?${request} is never passed on: it would change the site's own connection to ${device}, which all clients share`
  const needs = asked.needs ?? (found === undefined ? undefined : roleOf(found, request))
  if (needs === undefined && found !== undefined && isUnknown(found))
    return `?${request} is not passed on to ${device} yet: its requests and their roles are not known yet; try again`
  const needed = roleNeeded({ name: request, role: needs }, values.length)
  if (!permits(role, needed)) return `?${request} needs the role ${needed}, and this client has ${role}`
  return allow.permits(device, request, needs)
    ? undefined
    : `?${request} is not passed on to ${device}: no allow list names ${device}/${request}`
}

/** Returns `true` for a device that is connected, but whose requests are not known yet. */
const isUnknown = ({ health, requests }: SiteDevice): boolean =>
  requests.size === 0 && health.connected && !health.synced

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Pick<PassedRequest, "outcome" | "reason"> => {
  if (Exit.isSuccess(exit)) {
    const answer = exit.value
    if (!(answer instanceof Answer) || answer.ok) return { outcome: "ok" }
    return { outcome: answer.code === "invalid" ? "invalid" : "fail", reason: answer.values[0] ?? answer.code }
  }
  if (Cause.hasInterruptsOnly(exit.cause)) return { outcome: "cancelled", reason: "the client disconnected" }
  const error = Cause.squash(exit.cause) as { readonly _tag?: string; readonly message?: string }
  const reason = error.message ?? String(error)
  switch (error._tag) {
    case "RequestRefused":
    case "NoSuchDevice":
      return { outcome: "refused", reason }
    case "RequestFailed":
      return { outcome: "fail", reason }
    case "RequestInvalid":
      return { outcome: "invalid", reason }
    default:
      return { outcome: "lost", reason }
  }
}

/** The number of arguments in a record. Not measured: that of a server. */
const shownArguments = 8
/** The length of each argument in a record, in characters. Not measured: as above. */
const shownCharacters = 40

const elided = (values: ReadonlyArray<ArgumentValue>): ReadonlyArray<string> => {
  const shown = values.slice(0, shownArguments).map((value) => {
    const text = value instanceof Uint8Array ? `${value.length} bytes` : String(value)
    return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`
  })
  return values.length > shownArguments ? [...shown, `… ${values.length - shownArguments} more`] : shown
}
