import type { RemoteDevice } from "../../Client/index.ts"

/** The remark that a proxy adds to the help of a request. */
const remark = /\s*\(Passed on to \S+ as \?\S+\.\)/

/** Returns the device's help of a request: without the remark, and with the synopsis under the device's own name. */
const ownHelp = (help: string, name: string, request: string): string => {
  const text = help.replace(remark, "")
  const mark = `Usage: ?${name}`
  const at = text.lastIndexOf(mark)
  if (at === -1) return text
  // a description of one line has its synopsis in the same line, as in the list of a device
  const doc = text.slice(0, at).replace(/^([^\n]*)\n$/, "$1 ")
  return `${doc}Usage: ?${request}${text.slice(at + mark.length)}`
}

const noRequests: ReadonlyMap<string, string> = new Map()
const noHints: ReadonlyMap<string, number> = new Map()

type ByDevice<A> = ReadonlyMap<string, ReadonlyMap<string, A>>

/** The requests of the devices behind a link and their timeout hints, by device and under the devices' own names. */
export class LinkRequests {
  private readonly served: () => Pick<RemoteDevice, "requests" | "timeoutHints"> | undefined
  private readonly isDevice: (name: string) => boolean
  private requests: ByDevice<string> | undefined = undefined
  private hints: ByDevice<number> | undefined = undefined
  private hintsMadeOf: ReadonlyMap<string, number> | undefined = undefined

  constructor(parts: {
    /** The interface of the other runner's proxy; `undefined` before the first connection. */
    readonly served: () => Pick<RemoteDevice, "requests" | "timeoutHints"> | undefined
    readonly isDevice: (name: string) => boolean
  }) {
    this.served = parts.served
    this.isDevice = parts.isDevice
  }

  /** Called when the requests may have changed. */
  changed(): void {
    this.requests = undefined
  }

  /** Called when the client is another one. */
  clear(): void {
    this.requests = this.hints = undefined
  }

  /** The requests of a device by name, with their help. */
  of(device: string): ReadonlyMap<string, string> {
    this.requests ??= this.byDevice(this.served()?.requests ?? noRequests, ownHelp)
    return this.requests.get(device) ?? noRequests
  }

  /** The timeout hints of a device by request, in seconds. */
  hintsOf(device: string): ReadonlyMap<string, number> {
    const all = this.served()?.timeoutHints ?? noHints
    if (this.hints === undefined || this.hintsMadeOf !== all) {
      this.hints = this.byDevice(all, (hint) => hint)
      this.hintsMadeOf = all
    }
    return this.hints.get(device) ?? noHints
  }

  /** Groups data of requests by device. The name of a device may have hyphens: the longest match counts. */
  private byDevice<A>(all: ReadonlyMap<string, A>, own: (value: A, name: string, request: string) => A): ByDevice<A> {
    const sorted = new Map<string, Map<string, A>>()
    for (const [name, value] of all) {
      let at = name.lastIndexOf("-")
      while (at > 0 && !this.isDevice(name.slice(0, at))) at = name.lastIndexOf("-", at - 1)
      if (at <= 0) continue
      const device = name.slice(0, at)
      const found = sorted.get(device) ?? new Map<string, A>()
      const request = name.slice(at + 1)
      sorted.set(device, found.set(request, own(value, name, request)))
    }
    return sorted
  }
}
