import * as Effect from "effect/Effect"
import { Arg, type Dialect } from "../../Codec/index.ts"
import type { Message } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Follower } from "../connection/Link.ts"
import { plain } from "./Answer.ts"
import { byName, type Calls } from "./Calls.ts"

/** A longer time-out is taken for a mistake: ten days, in seconds. */
const longest = 864000
const ask = byName("request-timeout-hint", plain)

/** How long the device itself says that its requests may take (Rev 5.1 §5.1, P-145). */
export class Hints {
  private readonly core: Core
  private milliseconds: ReadonlyMap<string, number> = new Map()
  /** The connection whose device is asked; undefined where it has no hints, or they are not wanted. */
  private connection: Connection | undefined = undefined
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

  /** All of them, in seconds, by request. */
  get seconds(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.milliseconds, ([request, time]) => [request, time / 1000]))
  }

  /** Reads them on connecting, and again when requests have changed, where they are wanted and the device has them. */
  follow(calls: Calls): Follower {
    const { informs, options, run } = this.core
    informs.add("interface-changed", (message) => {
      // of the forms of this inform (P-129) some tell of sensors only
      if (this.connection === undefined || message.text(0)?.startsWith("sensor") === true) return
      this.stale = true
      if (!this.reading) run(this.read(calls, this.connection))
    })
    return {
      prepare: (connection) => {
        this.milliseconds = new Map()
        this.connection = options.timeoutHints && connection.protocol.timeoutHints ? connection : undefined
        return this.connection === undefined ? Effect.void : this.read(calls, connection)
      },
      connected: () => undefined,
      lost: () => undefined
    }
  }

  /** Reads them all, and once more behind that where they change meanwhile. What the device does not tell is no hint. */
  private read(calls: Calls, connection: Connection): Effect.Effect<void> {
    const { oddities, options, run } = this.core
    return Effect.suspend(() => {
      this.reading = true
      this.stale = false
      return calls.on(connection, ask, [], { timeout: options.negotiationTimeout }).pipe(
        Effect.match({
          onSuccess: ({ informs }) => this.take(informs, connection.dialect),
          onFailure: (error) =>
            oddities.log(connection.alive ? "Warn" : "Debug", () => `no time-out hints: ${error.message}`)
        }),
        Effect.ensuring(
          Effect.sync(() => {
            this.reading = false
            if (this.stale) run(this.read(calls, connection))
          })
        )
      )
    })
  }

  private take(informs: ReadonlyArray<Message>, dialect: Dialect.Dialect): void {
    const all = new Map<string, number>()
    for (const inform of informs) {
      const request = inform.text(0) ?? ""
      const hint = inform.bytes(1) ?? new Uint8Array(0)
      const seconds = Arg.Float.decode(hint, 0, hint.length, dialect)
      if (!(typeof seconds === "number" && seconds >= 0 && seconds <= longest))
        this.core.oddities.add({ _tag: "BadHint", request, hint: inform.text(1) ?? "" })
      // no time at all says that there is no hint (Rev 5.1 §5.1)
      else if (seconds > 0) all.set(request, seconds * 1000)
    }
    this.milliseconds = all
  }
}
