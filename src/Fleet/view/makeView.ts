import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import type { WaitOptions } from "../../Client/index.ts"
import { Turn } from "../../Codec/index.ts"
import {
  AuditTrail,
  changesOf,
  DeviceRefused,
  limitsOf,
  requestsOf,
  type SiteShape,
  splitPath,
  Table,
  Waiters
} from "../../Site/index.ts"
import type { ViewOptions, ViewRunner } from "./options.ts"
import { View } from "./View.ts"
import { waitForReading } from "./waitForReading.ts"

/**
 * Makes the view of a fleet, until the scope closes: a site with all devices of the fleet, under their own names. Devices of
 * other runners are reached through links to those runners; their readings come while somebody needs them (`Site.demand`).
 * Devices are added and removed in the fleet, not here.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeView = <R extends ViewRunner>(options: ViewOptions<R>): Effect.Effect<SiteShape, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { own } = options
    const scope = yield* Effect.scope
    const clock = yield* Clock.Clock
    const turn = new Turn((yield* Scheduler.Scheduler).makeDispatcher())
    const table = Table.makeUnsafe(clock, turn, limitsOf())
    const waiters = new Waiters(turn)
    const audit = new AuditTrail(clock)
    yield* Effect.addFinalizer(() => Effect.sync(() => audit.end()))
    const view = new View(options, { table, scope, clock, waiters })
    yield* view.run

    const { devices, needs } = view
    const requests = requestsOf(devices, audit)
    const { device } = requests
    const isSynced = () => [...devices.values()].every(({ health }) => health.synced)

    const site: SiteShape = {
      ...requests,
      table,
      devices,
      get deviceRevision() {
        return view.deviceRevision
      },
      devicesChanged: (revision) => waiters.until(() => view.deviceRevision > revision),
      reading: (path) => {
        const [name, sensor] = splitPath(path)
        return Effect.gen(function* () {
          const { client } = yield* device(name)
          const row = table.get(name, sensor)
          if (row !== undefined) yield* needs.fetch([row])
          const reading = row?.reading
          return reading?.latin1 === undefined ? yield* client.sensorNamed(sensor).get() : reading
        })
      },
      waitFor: (path: string, condition: unknown, waitOptions?: WaitOptions<unknown>) =>
        Effect.flatMap(device(splitPath(path)[0]), (found) =>
          waitForReading({ table, needs, device: found, path, condition, timeout: waitOptions?.timeout })
        ),
      add: (name) => Effect.fail(refused(name)),
      // a proxy closes the connection to a device that leads back to it
      remove: own.remove,
      get selection() {
        return own.selection
      },
      select: own.select,
      get isSynced() {
        return isSynced()
      },
      synced: waiters.until(isSynced),
      changes: ({ every } = {}) => changesOf(table, every),
      demand: needs,
      missing: () => view.missing()
    }
    return site
  })

const refused = (device: string): DeviceRefused =>
  new DeviceRefused({
    device,
    why: "fleet",
    message: `${device} cannot be added here: the devices of a fleet are those of its database (katcp fleet add ${device} ADDRESS)`
  })
