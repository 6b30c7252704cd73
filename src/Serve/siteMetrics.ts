import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import type { SiteShape } from "../Site/index.ts"

const count = (site: SiteShape, of: (health: ReturnType<typeof healthOf>[number]) => number): number =>
  healthOf(site).reduce((sum, health) => sum + of(health), 0)

const healthOf = (site: SiteShape) => Array.from(site.devices.values(), ({ health }) => health)

const gauges: ReadonlyArray<readonly [name: string, description: string, read: (site: SiteShape) => number]> = [
  ["katcp_site_devices", "Devices of the site", (site) => site.devices.size],
  [
    "katcp_site_devices_connected",
    "Devices that are connected",
    (site) => count(site, ({ connected }) => (connected ? 1 : 0))
  ],
  [
    "katcp_site_devices_synced",
    "Devices whose sensors are all known and sampled",
    (site) => count(site, ({ synced }) => (synced ? 1 : 0))
  ],
  ["katcp_site_sensors", "Sensors in the table", (site) => count(site, ({ sensors }) => sensors)],
  [
    "katcp_site_sensors_refused",
    "Sensors that had no room in the table",
    (site) => count(site, ({ refused }) => refused)
  ]
]

/** Registers the figures of a site as metrics of Effect, until the scope closes. They are computed on request. */
export const siteMetrics = (site: SiteShape): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    for (const [name, description, read] of gauges) {
      const registration = Metric.registerUnsafe(Metric.gauge(name, { description }), context, {
        get: () => ({ value: read(site) }),
        update: () => {},
        modify: () => {}
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => registration.remove()))
    }
  })
