import * as Effect from "effect/Effect"
import { Answer } from "../Client/index.ts"
import {
  type Handler,
  holderOf,
  Request,
  type RequestRole,
  type RequestSet,
  requestFromHelp,
  roleNeeded
} from "../Interface/index.ts"
import { isName, RequestFailed } from "../Message/index.ts"
import type { Allow as Allows, SiteDevice, SiteShape } from "../Site/index.ts"
import { isNeverPassed, patternOf, roleOf } from "../Site/index.ts"
import { argumentsOf, PassedAnswer } from "./PassedAnswer.ts"

const none: ReadonlyArray<never> = []

/** A request of a device, under its name on the proxy. */
export interface PassedOn {
  readonly name: string
  readonly device: string
  readonly request: string
  /** The help of the device, and its timeout hint, in seconds. */
  readonly help: string
  /** The role in the device's contract, if known. */
  readonly role: RequestRole | undefined
  readonly timeoutHint: number | undefined
}

/** The number of conflicts that a sensor shows; the rest is counted. Not measured: more than people read. */
const shown = 100

/** The taken requests of a device, and the state that they were taken from. */
interface Taken {
  readonly client: SiteDevice["client"]
  readonly revision: number
  readonly hints: ReadonlyMap<string, number>
  readonly passed: ReadonlyMap<string, PassedOn>
}

/** The requests that the proxy passes on, and the number of requests to each device. */
export class ServedRequests {
  /** By the name on the proxy. */
  readonly served = new Map<string, PassedOn>()
  private readonly site: SiteShape
  private readonly set: RequestSet
  private readonly allow: Allows.Allow
  private readonly transparent: string | undefined
  private readonly reserved: ReadonlySet<string>
  private readonly withholds: (name: string) => boolean
  private readonly run: (effect: Effect.Effect<void>) => void
  private readonly counts = new Map<string, number>()
  private readonly byDevice = new Map<string, Taken>()
  /** The requests that wait for a name that another one has, in the order in which they came. */
  private readonly claims = new Map<string, ReadonlyArray<PassedOn>>()

  constructor(options: {
    readonly site: SiteShape
    readonly set: RequestSet
    readonly allow: Allows.Allow
    readonly transparent: string | undefined
    /** The names of the proxy's own requests. */
    readonly reserved: ReadonlySet<string>
    /** Returns `true` for the name on the proxy of a request whose arguments records must not show. */
    readonly withholds: (name: string) => boolean
    /** Runs work beside a request. */
    readonly run: (effect: Effect.Effect<void>) => void
  }) {
    this.site = options.site
    this.set = options.set
    this.allow = options.allow
    this.transparent = options.transparent
    this.reserved = options.reserved
    this.withholds = options.withholds
    this.run = options.run
  }

  /** The number of requests that were passed on to a device. */
  countOf(device: string): number {
    return this.counts.get(device) ?? 0
  }

  /** The name on the proxy of a request of a device. */
  nameOf(device: string, request: string): string {
    return nameOf(this.transparent, device, request)
  }

  /** The names that two requests claim, or that the proxy needs itself, for people. */
  get conflicts(): ReadonlyArray<string> {
    const lines: Array<string> = []
    for (const [name, claims] of this.claims)
      for (const passed of claims) {
        if (lines.length === shown) return [...lines, `and ${this.claims.size} requests in all`]
        const holder = this.served.get(name)
        lines.push(
          holder === undefined
            ? `the proxy itself has ?${name}; ${originOf(passed)} is not served`
            : `${originOf(holder)} has ?${name}; ${originOf(passed)} is not served`
        )
      }
    return lines
  }

  /** Updates the requests to the current ones of the devices. Costs as much as there are changed devices. */
  readonly update: Effect.Effect<void> = Effect.suspend(() => {
    const { devices } = this.site
    const gone = [...this.byDevice.keys()].filter((name) => !devices.has(name))
    const changed = [...devices.values()].filter((device) => !isTaken(this.byDevice.get(device.name), device))
    if (gone.length === 0 && changed.length === 0) return Effect.void
    return this.set.batch(
      Effect.gen({ self: this as ServedRequests }, function* () {
        for (const name of gone) {
          const former = this.byDevice.get(name)!.passed
          this.byDevice.delete(name)
          this.counts.delete(name)
          for (const passed of former.values()) yield* this.release(passed)
        }
        for (const device of changed) yield* this.take(device)
      })
    )
  })

  /** Takes the requests of one device in the allow list. */
  private take(device: SiteDevice): Effect.Effect<void> {
    return Effect.gen({ self: this as ServedRequests }, function* () {
      const { client, name: on, requests, revision } = device
      const hints = client.device.timeoutHints
      const former = this.byDevice.get(on)?.passed ?? new Map<string, PassedOn>()
      const passed = new Map<string, PassedOn>()
      for (const [request, help] of requests) {
        const role = roleOf(device, request)
        if (isNeverPassed(request) || !this.allow.permits(on, request, role)) continue
        const name = this.nameOf(on, request)
        // a transparent proxy has the standard requests itself, which is not a conflict
        if (name === request && this.reserved.has(name)) continue
        if (isName(name)) passed.set(name, { name, device: on, request, help, role, timeoutHint: hints.get(request) })
      }
      this.byDevice.set(on, { client, revision, hints, passed })
      for (const one of former.values()) if (!passed.has(one.name)) yield* this.release(one)
      for (const one of passed.values()) if (!isSame(former.get(one.name), one)) yield* this.claim(one)
    })
  }

  /** Serves a request, unless the proxy itself or another one has its name. */
  private claim(passed: PassedOn): Effect.Effect<void> {
    const { name } = passed
    const holder = this.served.get(name)
    if (!this.reserved.has(name) && (holder === undefined || isOf(holder, passed))) return this.serve(passed)
    const others = (this.claims.get(name) ?? []).filter((other) => !isOf(other, passed))
    this.claims.set(name, [...others, passed])
    return Effect.void
  }

  /** Stops serving a request. The request that has waited longest for its name gets it. */
  private release(passed: PassedOn): Effect.Effect<void> {
    const { name } = passed
    const holder = this.served.get(name)
    const claims = (this.claims.get(name) ?? []).filter((other) => !isOf(other, passed))
    const isHolder = holder !== undefined && isOf(holder, passed)
    const next = isHolder ? claims[0] : undefined
    const rest = next === undefined ? claims : claims.slice(1)
    if (rest.length === 0) this.claims.delete(name)
    else this.claims.set(name, rest)
    if (next !== undefined) return this.serve(next)
    if (!isHolder) return Effect.void
    this.served.delete(name)
    return Effect.asVoid(this.set.remove(name))
  }

  private serve(passed: PassedOn): Effect.Effect<void> {
    this.served.set(passed.name, passed)
    return Effect.asVoid(this.set.add(requestOf(passed), this.handlerOf(passed)))
  }

  private handlerOf({ device, name, request }: PassedOn): Handler<Request.RawRequest<string>> {
    return (message, context) => {
      this.counts.set(device, this.countOf(device) + 1)
      const { client } = context
      const { certificate } = client
      const asked = {
        ...(certificate === undefined ? {} : { who: holderOf(certificate) }),
        from: client.address,
        role: client.role,
        via: "proxy",
        // logged by the server of the proxy, which knows the options of the audit, and other refusals
        logged: true,
        withhold: this.withholds(name),
        allow: this.allow,
        device,
        request,
        // text can have any bytes, and audit records show it
        arguments: Array.from({ length: message.length }, (_, index) => message.text(index)!)
      }
      const { inform } = new PassedAnswer(device, context, this.run)
      return this.site
        .passWith(asked, ({ client }) =>
          Effect.map(client.relay(request, asked.arguments, inform), (reply) => new Answer(reply, none))
        )
        .pipe(
          Effect.map(({ reply }) => argumentsOf(reply)),
          Effect.mapError((error) =>
            error._tag === "RequestFailed" ? error : new RequestFailed({ message: `${device}: ${error.message}` })
          )
        )
    }
  }
}

const nameOf = (transparent: string | undefined, device: string, request: string): string =>
  device === transparent ? request : `${device}-${request}`

/** Returns two requests that patterns without globs would give the same name; undefined without any. */
export const requestCollision = (
  devices: ReadonlyArray<string>,
  allow: Allows.Allow,
  transparent: string | undefined
): string | undefined => {
  const names = new Map<string, string>()
  for (const pattern of allow.patterns) {
    const { exact, mayMean } = patternOf(pattern)
    if (exact === undefined) continue
    for (const device of devices) {
      if (!mayMean(device)) continue
      const name = nameOf(transparent, device, exact)
      const origin = `${device}/${exact}`
      const other = names.get(name)
      if (other !== undefined && other !== origin) return `${other} and ${origin} would both be ?${name}`
      names.set(name, origin)
    }
  }
  return undefined
}

const originOf = ({ device, request }: PassedOn): string => `?${request} of ${device}`

/** Returns `true` if nothing has changed since the requests of a device were taken. */
const isTaken = (taken: Taken | undefined, { client, revision }: SiteDevice): boolean =>
  taken !== undefined &&
  taken.client === client &&
  taken.revision === revision &&
  taken.hints === client.device.timeoutHints

const isOf = (one: PassedOn, other: PassedOn): boolean => one.device === other.device && one.request === other.request

const isSame = (one: PassedOn | undefined, other: PassedOn): boolean =>
  one !== undefined &&
  one.device === other.device &&
  one.request === other.request &&
  one.help === other.help &&
  one.role === other.role &&
  one.timeoutHint === other.timeoutHint

/** The synopsis in the device's help is that of the request here, under its name on the proxy. */
const requestOf = ({ device, help, name, request, role, timeoutHint }: PassedOn): Request.RawRequest<string> => {
  const { doc, usage } = requestFromHelp(request, help)
  return Request.raw(name, {
    doc: `${doc === "" ? `Request ${request}.` : doc}${doc.includes("\n") ? "\n" : " "}(Passed on to ${device} as ?${request}.)`,
    usage: `?${name}${usage.slice(request.length + 1)}`,
    role: roleNeeded({ name: request, role }),
    ...(timeoutHint === undefined ? {} : { timeoutHint: `${timeoutHint * 1000} millis` as const })
  })
}
