import type { ParsedMessage } from "../../Codec/index.ts"
import { maxId } from "../../Message/index.ts"
import type { OpenRequest } from "./OpenRequest.ts"

/** How many ids of given-up requests are remembered. */
const rememberedIds = 1024

/**
 * The requests of one connection that wait for their replies, and which message belongs to which of them
 * (Rev 5.1 §2.2, §2.3):
 *
 * - what has an id belongs to the request with that id and name, and to no other (P-055);
 * - what has none belongs to the oldest request of its name that was sent without one (P-056), never to a request
 *   with an id.
 *
 * A request that is given up keeps its place: with ids its reply is then known to be late, without ids the place takes
 * the late reply, which else would reach the next request of that name. A device that never answers a request without
 * id at all blocks its name in this way until the connection is made anew; the alternative is wrong answers.
 */
export class RequestTable {
  private readonly byId = new Map<number, OpenRequest>()
  private readonly byName = new Map<string, Array<OpenRequest | undefined>>()
  private readonly givenUp = new Map<number, string>()
  private nextId: number
  private anonymous = 0

  constructor(firstId = 1) {
    this.nextId = firstId
  }

  /** Whether the id is that of a request that was not answered. */
  has(id: number): boolean {
    return this.byId.has(id) || this.givenUp.has(id)
  }

  /** The next id that is free, from 1 to 2147483647 and round (P-057). */
  allocate(): number {
    let id = this.nextId
    while (this.byId.has(id) || this.givenUp.has(id)) id = id === maxId ? 1 : id + 1
    this.nextId = id === maxId ? 1 : id + 1
    return id
  }

  add(open: OpenRequest): void {
    if (open.id !== undefined) this.byId.set(open.id, open)
    else this.line(open.name).push(open)
  }

  /** Notes that a request was sent whose reply nobody waits for. */
  addForgotten(name: string, id: number | undefined): void {
    if (id === undefined) this.line(name).push(undefined)
    else this.remember(id, name)
  }

  /** Forgets a request with an id that was never sent. */
  drop(open: OpenRequest): void {
    if (open.id !== undefined && this.byId.get(open.id) === open) this.byId.delete(open.id)
  }

  /** Gives a request up: its reply will find nobody. */
  giveUp(open: OpenRequest): void {
    const { id, name } = open
    if (id !== undefined) {
      if (this.byId.get(id) !== open) return
      this.byId.delete(id)
      this.remember(id, name)
      return
    }
    const line = this.byName.get(name)
    const at = line === undefined ? -1 : line.indexOf(open)
    if (at !== -1) line![at] = undefined
  }

  /** The request that the reply answers, which is then no longer open; `late` where that was given up. */
  takeReply(message: Pick<ParsedMessage, "id" | "name">): OpenRequest | "late" | undefined {
    const { id, name } = message
    if (id !== undefined) {
      const open = this.byId.get(id)
      if (open !== undefined) {
        if (open.name !== name) return undefined
        this.byId.delete(id)
        return open
      }
      if (this.givenUp.get(id) !== name) return undefined
      this.givenUp.delete(id)
      return "late"
    }
    const line = this.byName.get(name)
    if (line === undefined) return undefined
    const open = line.shift()
    this.anonymous--
    if (line.length === 0) this.byName.delete(name)
    return open ?? "late"
  }

  /** The request that the inform is for; `late` where that was given up, undefined where it is for none. */
  findInform(message: Pick<ParsedMessage, "id" | "name">): OpenRequest | "late" | undefined {
    const { id, name } = message
    if (id !== undefined) {
      const open = this.byId.get(id)
      if (open !== undefined) return open.name === name ? open : undefined
      return this.givenUp.get(id) === name ? "late" : undefined
    }
    if (this.anonymous === 0) return undefined
    const line = this.byName.get(name)
    return line === undefined ? undefined : (line[0] ?? "late")
  }

  /** The longest time-out of all open requests but probes, in milliseconds; 0 where there is none. */
  get longest(): number {
    let longest = 0
    for (const open of this.byId.values()) if (!open.isProbe && open.limit > longest) longest = open.limit
    for (const line of this.byName.values())
      for (const open of line) if (open?.isProbe === false && open.limit > longest) longest = open.limit
    return longest
  }

  /** All open requests, in the order of sending as far as it counts. None remains. */
  takeAll(): Array<OpenRequest> {
    const all = [...this.byId.values()]
    for (const line of this.byName.values()) for (const open of line) if (open !== undefined) all.push(open)
    this.byId.clear()
    this.byName.clear()
    this.givenUp.clear()
    this.anonymous = 0
    return all
  }

  private line(name: string): Array<OpenRequest | undefined> {
    this.anonymous++
    let line = this.byName.get(name)
    if (line === undefined) {
      line = []
      this.byName.set(name, line)
    }
    return line
  }

  private remember(id: number, name: string): void {
    if (this.givenUp.size >= rememberedIds) {
      for (const oldest of this.givenUp.keys()) {
        this.givenUp.delete(oldest)
        break
      }
    }
    this.givenUp.set(id, name)
  }
}
