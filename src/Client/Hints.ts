import * as Effect from "effect/Effect"
import type { Message } from "../Message/index.ts"
import { plain } from "./Answer.ts"
import { byName, type Calls } from "./Calls.ts"
import type { Connection } from "./Connection.ts"
import type { Core } from "./Core.ts"
import type { Follower, Link } from "./Link.ts"

/** A longer time-out is taken for a mistake: ten days, in seconds. */
const longest = 864000
const ask = byName("request-timeout-hint", plain)

/** How long the device itself says that its requests may take (Rev 5.1 §5, P-145). */
export class Hints {
  private readonly core: Core
  private milliseconds: ReadonlyMap<string, number> = new Map()
  /** Whether they are being read, and whether they have changed since that began. */
  private reading = false
  private stale = false

  constructor(core: Core) {
    this.core = core
  }

  /** In milliseconds; undefined where the device has said nothing of the request. */
  get(request: string): number | undefined {
    return this.milliseconds.get(request)
  }

  /** Reads them on connecting, and again when requests have changed, where they are wanted and the device has them. */
  follow(calls: Calls, link: Link): Follower {
    const { informs, options, run } = this.core
    const has = (connection: Connection) => options.timeoutHints && connection.protocol.timeoutHints
    informs.add("interface-changed", (message) => {
      const connection = link.current
      const what = message.text(0)
      if (connection !== undefined && has(connection) && (what === undefined || what.startsWith("request")))
        run(this.refresh(calls, connection))
    })
    return {
      prepare: (connection) => {
        this.milliseconds = new Map()
        return has(connection) ? this.read(calls, connection) : Effect.void
      },
      connected: () => undefined,
      lost: () => undefined
    }
  }

  /** Reads them all. What the device refuses to tell is no hint; that the connection is over will be seen elsewhere. */
  read(calls: Calls, connection: Connection): Effect.Effect<void> {
    return calls.on(connection, ask, []).pipe(
      Effect.match({
        onSuccess: ({ informs }) => this.take(informs),
        onFailure: (error) => this.core.oddities.log("Debug", () => `no time-out hints: ${error.message}`)
      })
    )
  }

  /** Reads them again since they may have changed; once more at the end where they change meanwhile. */
  refresh(calls: Calls, connection: Connection): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.stale = true
      if (this.reading) return Effect.void
      this.reading = true
      return Effect.whileLoop({
        while: () => this.stale && connection.alive,
        body: () => {
          this.stale = false
          return this.read(calls, connection)
        },
        step: () => undefined
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            this.reading = false
          })
        )
      )
    })
  }

  private take(informs: ReadonlyArray<Message>): void {
    const all = new Map<string, number>()
    for (const inform of informs) {
      const request = inform.text(0) ?? ""
      const text = inform.text(1) ?? ""
      const seconds = text === "" ? Number.NaN : Number(text)
      if (!(seconds >= 0 && seconds <= longest)) this.core.oddities.add({ _tag: "BadHint", request, hint: text })
      // no time at all says that there is no hint (Rev 5.1 §5.2)
      else if (seconds > 0) all.set(request, seconds * 1000)
    }
    this.milliseconds = all
  }
}
