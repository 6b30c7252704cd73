import type { ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, maxId } from "../../Message/index.ts"
import { Timed } from "./Deadlines.ts"

/** Where the time-out of a request comes from. */
export type WhichTimeout = "call" | "contract" | "hint" | "default"

/** A request to be sent, and how long it may take. */
export interface Draft {
  readonly name: string
  /** The arguments: text, or bytes, both without escapes. */
  readonly values: ReadonlyArray<string | Uint8Array>
  /** In milliseconds, from the call on. */
  readonly timeout: number
  /** How many milliseconds the request has waited for a connection. */
  readonly waited: number
  readonly which: WhichTimeout
  /** An id of the caller's own. */
  readonly id: number | undefined
  /** `true` if the request gets an id, `false` if not; undefined: if the device has ids. */
  readonly useId: boolean | undefined
}

/**
 * A request whose reply has not come. Its subclasses decide what happens to the answer. Each request is told exactly one
 * of {@link reply} and {@link fail}, or neither if it is given up. None of its methods throws.
 */
export abstract class OpenRequest extends Timed {
  readonly name: string
  readonly values: ReadonlyArray<string | Uint8Array>
  /** How many milliseconds of the time-out are left when the request is sent. */
  timeout: number
  /** The whole time-out, in milliseconds. */
  readonly limit: number
  readonly waited: number
  readonly which: WhichTimeout
  readonly useId: boolean | undefined
  /** The id on the wire. Set when the request is sent, unless the caller gives one. */
  id: number | undefined
  /** When the request was called for, by the clock of the deadlines. */
  madeAt = 0
  /** `true` once the request was sent. */
  sent = false
  /** `true` once the request was answered, has failed or was given up. */
  settled = false
  /** Called by {@link expire}. */
  onExpire: ((open: OpenRequest) => void) | undefined = undefined

  constructor(draft: Draft) {
    super()
    this.name = draft.name
    this.values = draft.values
    this.timeout = draft.timeout - draft.waited
    this.limit = draft.timeout
    this.waited = draft.waited
    this.which = draft.which
    this.id = draft.id
    this.useId = draft.useId
  }

  /** `true` for a question of the client's own, whose answer nobody waits for. */
  get isProbe(): boolean {
    return false
  }

  /** Takes an inform of the answer. The message must not be kept: it holds its chunk. */
  abstract inform(message: ParsedMessage): void
  /** Takes the reply. The message must not be kept. */
  abstract reply(message: ParsedMessage): void
  /** Takes the reason why no reply will come. */
  abstract fail(error: KatcpError): void

  expire(): void {
    this.onExpire?.(this)
  }
}

/**
 * Ids of given-up requests that are remembered, so that their late replies are known as such. Not measured: a bound
 * for memory (some 50 KB); a device that is 1024 timeouts behind is lost.
 */
const rememberedIds = 1024

/**
 * The requests of one connection that wait for their replies. It finds the request that a message belongs to
 * (Rev 5.1 §2.2, §2.3):
 *
 * - a message with an id belongs to the request with that id and name, and to no other (P-055);
 * - a message without id belongs to the oldest request of its name that was sent without one (P-056), never to a request
 *   with an id.
 *
 * A request that is given up keeps its place. With an id, its reply is then known to be late. Without ids, the place takes
 * the late reply, which would otherwise reach the next request of that name. A device that never answers a request without
 * id therefore blocks that name until the next connection; the alternative is wrong answers.
 */
export class RequestTable {
  private readonly byId = new Map<number, OpenRequest>()
  // made when they are needed: most clients never do
  private byName: Map<string, Array<OpenRequest | undefined>> | undefined = undefined
  private givenUp: Map<number, string> | undefined = undefined
  /** Ids that callers have chosen for requests that are not sent yet. */
  private reserved: Set<number> | undefined = undefined
  private nextId: number
  private anonymous = 0

  constructor(firstId = 1) {
    this.nextId = firstId
  }

  /** Returns `true` if a request without reply has the id, or is about to be sent with it. */
  has(id: number): boolean {
    return this.byId.has(id) || this.givenUp?.has(id) === true || this.reserved?.has(id) === true
  }

  /** Keeps the id for a request that is sent later. */
  reserve(id: number): void {
    this.reserved ??= new Set()
    this.reserved.add(id)
  }

  /** Frees the id of a request that is never sent. */
  unreserve(id: number): void {
    this.reserved?.delete(id)
  }

  /** Returns the next id that is free, from 1 to 2147483647 and round (P-057). */
  allocate(): number {
    let id = this.nextId
    while (this.has(id)) id = id === maxId ? 1 : id + 1
    this.nextId = id === maxId ? 1 : id + 1
    return id
  }

  /** Adds a request that is being sent. */
  add(open: OpenRequest): void {
    const { id, name } = open
    if (id === undefined) this.line(name).push(open)
    else {
      this.byId.set(id, open)
      this.reserved?.delete(id)
    }
  }

  /** Notes that a request was sent whose reply nobody waits for. */
  addForgotten(name: string, id: number | undefined): void {
    if (id === undefined) this.line(name).push(undefined)
    else this.remember(id, name)
  }

  /** Gives a request up: its reply is late when it comes. */
  giveUp(open: OpenRequest): void {
    const { id, name } = open
    if (id !== undefined) {
      if (this.byId.get(id) !== open) return
      this.byId.delete(id)
      this.remember(id, name)
      return
    }
    const line = this.byName?.get(name)
    const at = line === undefined ? -1 : line.indexOf(open)
    if (at !== -1) line![at] = undefined
  }

  /** Removes and returns the request that the reply answers; `late` if it was given up, undefined if there is none. */
  takeReply(message: Pick<ParsedMessage, "id" | "name">): OpenRequest | "late" | undefined {
    const { id, name } = message
    if (id !== undefined) {
      const open = this.byId.get(id)
      if (open !== undefined) {
        if (open.name !== name) return undefined
        this.byId.delete(id)
        return open
      }
      if (this.givenUp?.get(id) !== name) return undefined
      this.givenUp.delete(id)
      return "late"
    }
    const line = this.byName?.get(name)
    if (line === undefined) return undefined
    const open = line.shift()
    this.anonymous--
    if (line.length === 0) this.byName!.delete(name)
    return open ?? "late"
  }

  /** Returns the request that the inform is for; `late` if it was given up, undefined if there is none. */
  findInform(message: Pick<ParsedMessage, "id" | "name">): OpenRequest | "late" | undefined {
    const { id, name } = message
    if (id !== undefined) {
      const open = this.byId.get(id)
      if (open !== undefined) return open.name === name ? open : undefined
      return this.givenUp?.get(id) === name ? "late" : undefined
    }
    if (this.anonymous === 0) return undefined
    const line = this.byName?.get(name)
    return line === undefined ? undefined : (line[0] ?? "late")
  }

  /** The longest time-out of all open requests except the client's own questions, in milliseconds; 0 if there are none. */
  get longest(): number {
    let longest = 0
    for (const open of this.byId.values()) if (!open.isProbe && open.limit > longest) longest = open.limit
    for (const line of this.byName?.values() ?? [])
      for (const open of line) if (open?.isProbe === false && open.limit > longest) longest = open.limit
    return longest
  }

  /** Removes and returns all open requests: those with ids, then those without, each in the order of sending. */
  takeAll(): Array<OpenRequest> {
    const all = [...this.byId.values()]
    for (const line of this.byName?.values() ?? []) for (const open of line) if (open !== undefined) all.push(open)
    this.byId.clear()
    this.byName = undefined
    this.givenUp = undefined
    this.reserved = undefined
    this.anonymous = 0
    return all
  }

  private line(name: string): Array<OpenRequest | undefined> {
    this.anonymous++
    this.byName ??= new Map()
    let line = this.byName.get(name)
    if (line === undefined) {
      line = []
      this.byName.set(name, line)
    }
    return line
  }

  private remember(id: number, name: string): void {
    this.givenUp ??= new Map()
    if (this.givenUp.size >= rememberedIds) {
      for (const oldest of this.givenUp.keys()) {
        this.givenUp.delete(oldest)
        break
      }
    }
    this.givenUp.set(id, name)
  }
}
