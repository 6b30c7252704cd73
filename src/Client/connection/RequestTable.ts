import type { ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, maxId } from "../../Message/index.ts"
import { Timed } from "./Deadlines.ts"

/** The source of a request's timeout. */
export type WhichTimeout = "call" | "contract" | "hint" | "default"

/** A request to send, with its timeout. */
export interface Draft {
  readonly name: string
  /** The arguments: text, or bytes, both without escapes. */
  readonly values: ReadonlyArray<string | Uint8Array>
  /** In milliseconds, from the call on. */
  readonly timeout: number
  /** The milliseconds that the request has waited for a connection. */
  readonly waited: number
  readonly which: WhichTimeout
  /** The caller's own id. */
  readonly id: number | undefined
  /** `true` if the request gets an id, `false` if not; `undefined`: if the device has ids. */
  readonly useId: boolean | undefined
}

/**
 * A request without a reply so far. Its subclasses handle the answer. Exactly one of {@link reply} and {@link fail} is
 * called for each request, or neither if it is abandoned. Its methods do not throw.
 */
export abstract class OpenRequest extends Timed {
  readonly name: string
  readonly values: ReadonlyArray<string | Uint8Array>
  /** The milliseconds of the timeout left when the request is sent. */
  timeout: number
  /** The whole timeout, in milliseconds. */
  readonly limit: number
  readonly waited: number
  readonly which: WhichTimeout
  readonly useId: boolean | undefined
  /** The id on the wire. Set when the request is sent, unless the caller gives one. */
  id: number | undefined
  /** The time of the call, by the clock of the deadlines. */
  madeAt = 0
  /** `true` once the request was sent. */
  sent = false
  /** `true` once the request was answered, has failed or was abandoned. */
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

  /** `true` for the client's own query, whose answer has no caller. */
  get isProbe(): boolean {
    return false
  }

  /** Receives an inform of the answer. Must not keep the message, which holds its chunk. */
  abstract inform(message: ParsedMessage): void
  /** Receives the reply. Must not keep the message. */
  abstract reply(message: ParsedMessage): void
  /** Receives the reason why there will be no reply. */
  abstract fail(error: KatcpError): void

  expire(): void {
    this.onExpire?.(this)
  }
}

/**
 * Ids of abandoned requests that are remembered to recognize their late replies. Not measured: a bound for memory (some
 * 50 KB); a device that is 1024 timeouts behind is lost.
 */
const rememberedIds = 1024

/**
 * The requests of one connection that wait for their replies. It finds the request of a message (Rev 5.1 §2.2, §2.3):
 *
 * - a message with an id belongs to the request with that id and name, and to no other (P-055);
 * - a message without id belongs to the oldest request of its name that was sent without one (P-056), never to a request
 *   with an id.
 *
 * An abandoned request keeps its place. With an id, its reply is then recognized as late. Without ids, the place takes
 * the late reply, which would otherwise reach the next request of that name. A device that never answers a request
 * without id therefore blocks that name until the next connection; the alternative is wrong answers.
 */
export class RequestTable {
  private readonly byId = new Map<number, OpenRequest>()
  // created on demand: most clients never need them
  private byName: Map<string, Array<OpenRequest | undefined>> | undefined = undefined
  private givenUp: Map<number, string> | undefined = undefined
  /** Ids that callers have chosen for requests that are not sent yet. */
  private reserved: Set<number> | undefined = undefined
  private nextId: number
  private anonymous = 0

  constructor(firstId = 1) {
    this.nextId = firstId
  }

  /** Returns `true` if the id belongs to an unanswered request, or to one that is about to be sent. */
  has(id: number): boolean {
    return this.byId.has(id) || this.givenUp?.has(id) === true || this.reserved?.has(id) === true
  }

  /** Reserves the id for a request that is sent later. */
  reserve(id: number): void {
    this.reserved ??= new Set()
    this.reserved.add(id)
  }

  /** Frees the id of a request that is never sent. */
  unreserve(id: number): void {
    this.reserved?.delete(id)
  }

  /** Returns the next free id, from 1 to 2147483647 and round (P-057). */
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

  /** Records that a request without a waiting caller was sent. */
  addForgotten(name: string, id: number | undefined): void {
    if (id === undefined) this.line(name).push(undefined)
    else this.remember(id, name)
  }

  /** Abandons a request: its reply counts as late. */
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

  /**
   * Removes and returns the request that the reply answers; returns `late` for an abandoned request, `undefined`
   * without a request.
   */
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

  /** Returns the request of the inform, `late` for an abandoned request, or `undefined` without a request. */
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

  /**
   * The longest timeout of all open requests except the client's own queries, in milliseconds; 0 without open requests.
   */
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
