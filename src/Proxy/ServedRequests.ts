import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Handler, holderOf, Request, type RequestRole, type RequestSet, roleNeeded } from "../Interface/index.ts"
import { isName, type Message, RequestFailed } from "../Message/index.ts"
import type { Allow as Allows, SiteDevice, SiteShape } from "../Site/index.ts"
import { patternOf } from "../Site/index.ts"

/** A request of a device, under the name that the proxy gives it. */
export interface PassedOn {
  readonly name: string
  readonly device: string
  readonly request: string
  /** What the device's help says, and the time that it says the request may take, in seconds. */
  readonly help: string
  readonly timeoutHint: number | undefined
}

/** The requests that the proxy passes on, and how often each device was asked. */
export class ServedRequests {
  /** By the name on the proxy. */
  readonly served = new Map<string, PassedOn>()
  /** Names that two requests claim, or that the proxy needs itself: the name, and who has it and who does not. */
  readonly conflicts = new Map<string, string>()
  private readonly site: SiteShape
  private readonly set: RequestSet
  private readonly allow: Allows.Allow
  private readonly transparent: string | undefined
  private readonly reserved: ReadonlySet<string>
  private readonly counts = new Map<string, number>()

  constructor(options: {
    readonly site: SiteShape
    readonly set: RequestSet
    readonly allow: Allows.Allow
    readonly transparent: string | undefined
    /** The names of the requests that are the proxy's own. */
    readonly reserved: ReadonlySet<string>
  }) {
    this.site = options.site
    this.set = options.set
    this.allow = options.allow
    this.transparent = options.transparent
    this.reserved = options.reserved
  }

  /** The number of requests that were passed on to a device. */
  countOf(device: string): number {
    return this.counts.get(device) ?? 0
  }

  /** The name on the proxy of a request of a device. */
  nameOf(device: string, request: string): string {
    return device === this.transparent ? request : `${device}-${request}`
  }

  /** Brings the requests into line with those that the devices have now. */
  readonly update: Effect.Effect<void> = Effect.suspend(() => {
    const wanted = this.wanted()
    const gone = [...this.served.keys()].filter((name) => !wanted.has(name))
    const fresh = [...wanted.values()].filter((passed) => !isSame(this.served.get(passed.name), passed))
    if (gone.length === 0 && fresh.length === 0) return Effect.void
    return this.set.batch(
      Effect.gen({ self: this as ServedRequests }, function* () {
        for (const name of gone) {
          this.served.delete(name)
          yield* this.set.remove(name)
        }
        for (const passed of fresh) {
          this.served.set(passed.name, passed)
          yield* this.set.add(requestOf(passed), this.handlerOf(passed))
        }
      })
    )
  })

  /** The requests of all devices that the allow list names. Of two that claim a name, the first one keeps it. */
  private wanted(): ReadonlyMap<string, PassedOn> {
    const wanted = new Map<string, PassedOn>()
    this.conflicts.clear()
    for (const device of this.site.devices.values())
      for (const [request, help] of device.requests) {
        if (!this.allow.permits(device.name, request)) continue
        const name = this.nameOf(device.name, request)
        if (!isName(name)) continue
        const { timeoutHints } = device.client.device
        const passed = { name, device: device.name, request, help, timeoutHint: timeoutHints.get(request) }
        const holder = wanted.get(name) ?? this.served.get(name)
        if (this.reserved.has(name))
          this.conflicts.set(name, `the proxy itself has ?${name}; ${originOf(passed)} is not served`)
        else if (holder !== undefined && originOf(holder) !== originOf(passed) && this.isThere(holder))
          this.conflicts.set(name, `${originOf(holder)} has ?${name}; ${originOf(passed)} is not served`)
        else wanted.set(name, passed)
      }
    return wanted
  }

  private isThere({ device, request }: PassedOn): boolean {
    return this.site.devices.get(device)?.requests.has(request) === true
  }

  private handlerOf({ device, request }: PassedOn): Handler<Request.RawRequest<string>> {
    return (message, { client, informs }) => {
      this.counts.set(device, this.countOf(device) + 1)
      const { certificate } = client
      const asked = {
        ...(certificate === undefined ? {} : { who: holderOf(certificate) }),
        from: client.address,
        role: client.role,
        via: "proxy",
        allow: this.allow,
        device,
        request,
        // text holds any bytes, and audit records show it
        arguments: Array.from({ length: message.length }, (_, index) => message.text(index)!)
      }
      let reply: Message | undefined
      const run = ({ client }: SiteDevice) =>
        Stream.runForEachArray(client.callRawStream(request, asked.arguments), (pieces) => {
          const lines: Array<ReadonlyArray<Uint8Array>> = []
          for (const piece of pieces)
            if (piece._tag === "Reply") reply = piece.reply
            else lines.push(argumentsOf(piece.inform))
          return lines.length === 0 ? Effect.void : informs(lines)
        })
      return this.site.passWith(asked, run).pipe(
        Effect.map(() => (reply === undefined ? ["fail", `${device}: no reply`] : argumentsOf(reply))),
        Effect.mapError(({ message }) => new RequestFailed({ message: `${device}: ${message}` }))
      )
    }
  }
}

/** Returns the two requests that patterns without globs would give the same name; undefined if there are none. */
export const requestCollision = (
  devices: ReadonlyArray<string>,
  allow: Allows.Allow,
  nameOf: (device: string, request: string) => string
): string | undefined => {
  const names = new Map<string, string>()
  for (const pattern of allow.patterns) {
    const { exact, mayMean } = patternOf(pattern)
    if (exact === undefined) continue
    for (const device of devices) {
      if (!mayMean(device)) continue
      const name = nameOf(device, exact)
      const origin = `${device}/${exact}`
      const other = names.get(name)
      if (other !== undefined && other !== origin) return `${other} and ${origin} would both be ?${name}`
      names.set(name, origin)
    }
  }
  return undefined
}

const originOf = ({ device, request }: PassedOn): string => `?${request} of ${device}`

const isSame = (one: PassedOn | undefined, other: PassedOn): boolean =>
  one !== undefined &&
  one.device === other.device &&
  one.request === other.request &&
  one.help === other.help &&
  one.timeoutHint === other.timeoutHint

const argumentsOf = (message: Message): ReadonlyArray<Uint8Array> =>
  Array.from({ length: message.length }, (_, index) => message.bytes(index)!)

const requestOf = ({ device, help, name, request, timeoutHint }: PassedOn): Request.RawRequest<string> => {
  const role: RequestRole = roleNeeded({ name: request })
  return Request.raw(name, {
    doc: `${help === "" ? `Request ${request}.` : help}${help.includes("\n") ? "\n" : " "}(Passed on to ${device} as ?${request}.)`,
    role,
    ...(timeoutHint === undefined ? {} : { timeoutHint: `${timeoutHint * 1000} millis` as const })
  })
}
