import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import type { Caller } from "../Site/index.ts"
import type { GatewayCounts } from "./counts.ts"

/**
 * Connections of one kind of all callers. Not measured: each page has an object for each sensor that it shows, and each
 * stream one for each sensor that it matches.
 */
const mostOfAll = 1000
/** Connections of one kind of one caller. Not measured: a wall of screens has some tens. */
const mostPerCaller = 100

type Who = Pick<Caller["Service"], "from" | "name">

const keyOf = ({ from, name }: Who): string => (name === undefined ? `from ${from}` : `name ${name}`)

/** An error: there is no place for a further connection of a caller. */
export class NoPlace extends Data.TaggedError("NoPlace")<{ readonly message: string }> {
  /** The answer to the caller. */
  get response(): HttpServerResponse.HttpServerResponse {
    return HttpServerResponse.text(`${this.message}\n`, { status: 503, headers: { "retry-after": "10" } })
  }
}

/**
 * The open connections of one kind: of all callers, and of each, which is a name, or an address without a name. Both
 * numbers are limited.
 */
export class Places {
  private readonly kind: { readonly open: OpenCount; readonly refused: RefusedCount; readonly name: string }
  private readonly counts: GatewayCounts
  private readonly byCaller = new Map<string, number>()
  private all = 0

  /** `kind.open` and `kind.refused` are the counts of open and of refused connections, `kind.name` their plural. */
  constructor(kind: Places["kind"], counts: GatewayCounts) {
    this.kind = kind
    this.counts = counts
  }

  /** Takes a place for a caller until the scope closes. Fails with `NoPlace` if a limit is reached. */
  take(who: Who): Effect.Effect<void, NoPlace, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.suspend(() => {
        const message = this.refusal(who)
        if (message === undefined) return Effect.sync(() => this.change(who, 1))
        this.counts[this.kind.refused]++
        return Effect.fail(new NoPlace({ message }))
      }),
      () => Effect.sync(() => this.change(who, -1))
    )
  }

  private refusal(who: Who): string | undefined {
    const { name } = this.kind
    if (this.all >= mostOfAll) return `this gateway has ${this.all} ${name} open, which is the limit; try again later`
    const own = this.byCaller.get(keyOf(who)) ?? 0
    return own < mostPerCaller
      ? undefined
      : `you have ${own} ${name} open here, which is the limit for one caller; close some`
  }

  private change(who: Who, by: 1 | -1): void {
    const key = keyOf(who)
    const own = (this.byCaller.get(key) ?? 0) + by
    if (own === 0) this.byCaller.delete(key)
    else this.byCaller.set(key, own)
    this.all += by
    this.counts[this.kind.open] += by
  }
}

type OpenCount = "pages" | "lines" | "streams"
type RefusedCount = "socketsRefused" | "streamsRefused"
