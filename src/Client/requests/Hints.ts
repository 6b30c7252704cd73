import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { Arg, type Dialect } from "../../Codec/index.ts"
import { errorText, type Message } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Follower } from "../connection/Follower.ts"
import { plain } from "./AnswerDecoder.ts"
import { byName, type Calls } from "./Calls.ts"

/** Seconds above which a hint is treated as a mistake: ten days. Not measured: no request takes as long. */
const longest = 864000
const hints = byName("request-timeout-hint", plain)

/**
 * Reads the device's timeout hints (Rev 5.1 §5.1, P-145), if they are enabled and the device has them: on connecting,
 * and again when requests have changed.
 */
export class Hints implements Follower {
  private readonly core: Core
  private readonly calls: Calls
  /** The connection to query; `undefined` if the device has no hints, or they are disabled. */
  private connection: Connection | undefined = undefined
  private reading = false
  /** `true` if the hints have changed since {@link reading} began. */
  private stale = false
  /** Called when hints were read, or cannot be read. */
  private onRead: (() => void) | undefined = undefined
  /** {@link seconds}, and the hints that it was computed from. */
  private converted:
    | { readonly of: ReadonlyMap<string, number>; readonly seconds: ReadonlyMap<string, number> }
    | undefined = undefined

  constructor(core: Core, calls: Calls) {
    this.core = core
    this.calls = calls
    core.informs.add("interface-changed", (message) => {
      // some forms of this inform are only about sensors (P-129)
      if (this.connection === undefined || message.text(0)?.startsWith("sensor") === true) return
      this.stale = true
      if (!this.reading) this.read(this.connection)
    })
  }

  /** The hints in seconds, by request. The map stays the same until hints change. */
  get seconds(): ReadonlyMap<string, number> {
    const { hints } = this.calls
    if (this.converted?.of !== hints)
      this.converted = {
        of: hints,
        seconds: new Map(Array.from(hints, ([request, time]) => [request, time / 1000]))
      }
    return this.converted.seconds
  }

  prepare(connection: Connection): Effect.Effect<void> {
    this.calls.hints = new Map()
    const has = this.core.options.timeoutHints && connection.protocol.timeoutHints
    this.connection = has ? connection : undefined
    if (has) this.read(connection)
    return has ? this.known : Effect.void
  }

  connected(): void {}

  lost(): void {}

  /** Reads all hints, and once more if they change meanwhile. A device that does not answer has no hints. */
  private read(connection: Connection): void {
    const { anomalies, options } = this.core
    this.reading = true
    this.stale = false
    this.calls.askOn(connection, hints, [], { timeout: options.negotiationTimeout }, (exit) => {
      this.reading = false
      if (exit._tag === "Success") this.take(exit.value.informs, connection.dialect)
      else {
        const level = connection.alive ? "Warn" : "Debug"
        anomalies.log(level, () => `no timeout hints: ${errorText(Cause.squash(exit.cause))}`)
      }
      if (this.stale) this.read(connection)
      this.onRead?.()
    })
  }

  /** Waits until the hints were read. */
  private get known(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (!this.reading) return resume(Effect.void)
      this.onRead = () => resume(Effect.void)
      return Effect.sync(() => {
        this.onRead = undefined
      })
    })
  }

  private take(informs: ReadonlyArray<Message>, dialect: Dialect.Dialect): void {
    const all = new Map<string, number>()
    for (const inform of informs) {
      const request = inform.text(0) ?? ""
      const hint = inform.bytes(1) ?? new Uint8Array(0)
      const seconds = Arg.Float.decode(hint, 0, hint.length, dialect)
      if (!(typeof seconds === "number" && seconds >= 0 && seconds <= longest))
        this.core.anomalies.add({ _tag: "BadHint", request, hint: inform.text(1) ?? "" })
      // zero means that there is no hint (Rev 5.1 §5.1)
      else if (seconds > 0) all.set(request, seconds * 1000)
    }
    this.calls.hints = all
  }
}
