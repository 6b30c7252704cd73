/** The log records of the devices, while a page wants them. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Arg } from "../../Codec/index.ts"
import { parseLogLevel } from "../../Interface/index.ts"
import { ClientFollowers, type SiteDevice, type SiteShape } from "../../Site/index.ts"
import type { LogQueue } from "./LogQueue.ts"

/**
 * Follows the logs of the devices while any queue has a level, and adds each record to all queues. The devices' own
 * levels do not change: they do not send records below those.
 */
export class DeviceLogs {
  private readonly site: SiteShape
  private readonly queues: () => Iterable<LogQueue>
  private readonly added: () => void
  private readonly scope: Scope.Scope
  private readonly one = Semaphore.makeUnsafe(1)
  private following: Scope.Closeable | undefined = undefined

  /** `added` is called when a queue may have a new record. */
  constructor(options: {
    readonly site: SiteShape
    readonly scope: Scope.Scope
    readonly queues: () => Iterable<LogQueue>
    readonly added: () => void
  }) {
    this.site = options.site
    this.scope = options.scope
    this.queues = options.queues
    this.added = options.added
  }

  /** Starts or stops following, as the queues want. */
  readonly update: Effect.Effect<void> = Effect.suspend(() => {
    const isWanted = [...this.queues()].some(({ level }) => level !== "off")
    const { following } = this
    if (isWanted === (following !== undefined)) return Effect.void
    if (following !== undefined) {
      this.following = undefined
      return Scope.close(following, Exit.void)
    }
    return Effect.gen({ self: this as DeviceLogs }, function* () {
      const scope = yield* Scope.fork(this.scope)
      this.following = scope
      yield* Effect.forkIn(this.follow.pipe(Scope.provide(scope)), scope, { startImmediately: true })
    })
  }).pipe(this.one.withPermit, Effect.uninterruptible)

  private readonly follow = Effect.gen({ self: this as DeviceLogs }, function* () {
    const { site } = this
    const followers = new ClientFollowers(site, (device) => this.listen(device))
    while (true) {
      const revision = site.deviceRevision
      yield* followers.update
      yield* site.devicesChanged(revision)
    }
  })

  private listen({ client, name: device }: SiteDevice): Effect.Effect<void, never, Scope.Scope> {
    return client.onInform("log", (message) => {
      const level = parseLogLevel(message.text(0) ?? "")
      const timestamp = Arg.decodeArgument(Arg.Timestamp, message.bytes(1) ?? "", client.dialect)
      const record = {
        device,
        // show a record of an unknown level as a warning instead of losing it
        severity: level === undefined || level === "off" || level === "all" ? ("warn" as const) : level,
        time: typeof timestamp === "number" && Number.isFinite(timestamp) ? timestamp : 0,
        logger: message.text(2) ?? "",
        text: message.text(3) ?? message.toString()
      }
      for (const queue of this.queues()) queue.add(record)
      this.added()
    })
  }
}
