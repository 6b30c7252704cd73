import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { DeviceClient, SiteDevice } from "./Device.ts"
import type { SiteShape } from "./SiteShape.ts"

/**
 * Runs an effect for each client of a site, while the site has that client. The client of a device is replaced if
 * another device answers at its address.
 *
 * @category models
 * @since 0.1.0
 */
export class ClientFollowers {
  private readonly site: SiteShape
  private readonly run: (device: SiteDevice) => Effect.Effect<void, never, Scope.Scope>
  private readonly followed = new Map<string, { readonly client: DeviceClient; readonly scope: Scope.Closeable }>()

  /** `run` sets up the work beside a client, in a scope that closes with the client. It must not wait. */
  constructor(site: SiteShape, run: (device: SiteDevice) => Effect.Effect<void, never, Scope.Scope>) {
    this.site = site
    this.run = run
  }

  /** Starts and ends work, to match the current clients. */
  readonly update: Effect.Effect<void, never, Scope.Scope> = Effect.gen(
    { self: this as ClientFollowers },
    function* () {
      const { devices } = this.site
      for (const [name, { client, scope }] of this.followed) {
        if (devices.get(name)?.client === client) continue
        this.followed.delete(name)
        yield* Scope.close(scope, Exit.void)
      }
      for (const device of devices.values()) {
        if (this.followed.has(device.name)) continue
        const scope = yield* Scope.fork(yield* Effect.scope)
        this.followed.set(device.name, { client: device.client, scope })
        yield* Scope.provide(this.run(device), scope)
      }
    }
  ).pipe(Effect.uninterruptible)
}
