import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Link, type LinkListener } from "./Link.ts"
import type { LinkedDevice } from "./LinkedDevice.ts"
import type { ViewOptions, ViewRunner } from "./options.ts"

/** The links to the other runners: one for each that the directory names, until it is gone. */
export class Links<R extends ViewRunner> {
  private readonly options: Pick<ViewOptions<R>, "dial" | "directory">
  private readonly listener: LinkListener
  private readonly scope: Scope.Scope
  private readonly clock: Clock.Clock
  private readonly all = new Map<
    string,
    { readonly link: Link; readonly key: string; readonly scope: Scope.Closeable }
  >()

  constructor(
    options: Pick<ViewOptions<R>, "dial" | "directory">,
    parts: { readonly listener: LinkListener; readonly scope: Scope.Scope; readonly clock: Clock.Clock }
  ) {
    this.options = options
    this.listener = parts.listener
    this.scope = parts.scope
    this.clock = parts.clock
  }

  /** Opens and closes links as the directory says. */
  readonly update = Effect.gen({ self: this as Links<R> }, function* () {
    const { dial, directory } = this.options
    const runners = directory.runners()
    for (const [name, { key, link, scope }] of [...this.all]) {
      const runner = runners.get(name)
      const isGone = runner === undefined || (runner.state === "gone" && !link.isUp)
      if (!isGone && key === keyOf(runner)) continue
      this.all.delete(name)
      yield* Scope.close(scope, Exit.void)
    }
    for (const runner of runners.values()) {
      const { name, state } = runner
      if (name === directory.self || state === "gone" || this.all.has(name)) continue
      const scope = yield* Scope.fork(this.scope)
      const link = new Link(name, dial(runner), this.listener, this.clock)
      this.all.set(name, { link, key: keyOf(runner), scope })
      yield* Effect.forkIn(link.run, scope)
    }
  }).pipe(Effect.uninterruptible)

  /** Returns the device of the runner that claims it with the newest epoch; `undefined` if no runner claims it. */
  claimOf(device: string): LinkedDevice | undefined {
    let newest: LinkedDevice | undefined
    for (const { link } of this.all.values()) {
      const linked = link.devices.get(device)
      if (linked?.state !== undefined && (newest === undefined || linked.epoch > newest.epoch)) newest = linked
    }
    return newest
  }

  /** `true` if the devices of a runner and their sensors are known. */
  isKnown(runner: string): boolean {
    return this.all.get(runner)?.link.isKnown === true
  }
}

const keyOf = ({ epoch, link }: ViewRunner): string => `${epoch} ${link}`
