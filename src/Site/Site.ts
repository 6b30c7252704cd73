import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import type { WaitOptions } from "../Client/index.ts"
import { Turn } from "../Codec/index.ts"
import { expectOptions } from "../Message/index.ts"
import { Attempts } from "./Attempts.ts"
import { AuditTrail } from "./AuditTrail.ts"
import type { SiteDevice } from "./Device.ts"
import { DeviceRefused } from "./errors.ts"
import { Member, type Shared } from "./Member.ts"
import type { DeviceInput, DeviceOptions, SiteOptions } from "./options.ts"
import { requestsOf, splitPath } from "./requestsOf.ts"
import { everything } from "./Selection.ts"
import type { SiteShape } from "./SiteShape.ts"
import { isDeviceName } from "./Target.ts"
import { changesOf } from "./table/changesOf.ts"
import { limitsOf } from "./table/limits.ts"
import { Table } from "./table/Table.ts"
import { Waiters } from "./table/Waiters.ts"

/**
 * The set of devices that one process observes: devices by name, each with a client that reconnects, inspects, and
 * mirrors the sensors of the selection; and one table of their sensors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Site } from "katcp/Site"
 * import { NodeClient } from "katcp/Node"
 *
 * const program = Effect.gen(function* () {
 *   const site = yield* Site
 *   yield* site.synced
 *   for (const row of site.table.snapshot().changed) console.log(row.path, row.value, row.status)
 * })
 *
 * export const main = program.pipe(
 *   Effect.provide(Site.layer({ devices: { m000: NodeClient.tcp({ host: "10.0.0.1", port: 7147 }) } }))
 * )
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Site extends Context.Service<Site, SiteShape>()("katcp/Site") {
  /**
   * Makes a site, until the scope closes. It does not wait for the devices. Fails with `DeviceRefused` for a malformed
   * name, or more devices than the limit.
   */
  static make(options: SiteOptions = {}): Effect.Effect<SiteShape, DeviceRefused, Scope.Scope> {
    return makeSite(options)
  }

  /** A site as a service, for the lifetime of the layer. */
  static layer(options: SiteOptions = {}): Layer.Layer<Site, DeviceRefused> {
    return Layer.effect(Site, makeSite(options))
  }
}

const makeSite = Effect.fnUntraced(function* (options: SiteOptions) {
  expectOptions("Site.make", options)
  // of its own: what was acquired after the site is released before its devices, however late they were added
  const scope = yield* Effect.flatMap(Effect.scope, Scope.fork)
  const clock = yield* Clock.Clock
  const turn = new Turn((yield* Scheduler.Scheduler).makeDispatcher())
  const table = Table.makeUnsafe(clock, turn, limitsOf(options.limits))
  const maxDevices = options.limits?.devices ?? 1000
  const audit = new AuditTrail(clock)
  yield* Effect.addFinalizer(() => Effect.sync(() => audit.end()))
  const waiters = new Waiters(turn)
  const members = new Map<string, { readonly member: Member; readonly scope: Scope.Closeable }>()
  const devices = new Map<string, SiteDevice>()
  let selection = options.selection ?? everything
  let deviceRevision = 0
  const shared: Shared = {
    table,
    clock,
    attempts: new Attempts(options.concurrency ?? 16, clock, turn),
    selection: () => selection,
    notify: () => {
      deviceRevision++
      waiters.notify()
    }
  }

  const refusal = (name: string): DeviceRefused | undefined => {
    if (!isDeviceName(name))
      return new DeviceRefused({
        device: name,
        why: "name",
        message: `${JSON.stringify(name)} is not a name of a device: a letter, then letters, digits and "-", at most 64 in all`
      })
    if (devices.has(name))
      return new DeviceRefused({ device: name, why: "exists", message: `the site has a device ${name} already` })
    return devices.size < maxDevices
      ? undefined
      : new DeviceRefused({
          device: name,
          why: "full",
          message: `the site has ${devices.size} devices: its limit (limits.devices)`
        })
  }
  const add = (name: string, input: DeviceInput): Effect.Effect<SiteDevice, DeviceRefused> =>
    Effect.gen(function* () {
      const refused = refusal(name)
      if (refused !== undefined) return yield* refused
      const device: DeviceOptions = "socket" in input ? input : { socket: input }
      const own = yield* Scope.fork(scope)
      const member = yield* Scope.provide(Member.make(name, device, shared), own)
      members.set(name, { member, scope: own })
      devices.set(name, member)
      shared.notify()
      return member
    }).pipe(Effect.uninterruptible)
  const isSynced = () => [...members.values()].every(({ member }) => member.isSynced)

  for (const [name, input] of Object.entries(options.devices ?? {})) yield* add(name, input)

  const requests = requestsOf(devices, audit)
  const { device } = requests
  const site: SiteShape = {
    ...requests,
    table,
    devices,
    get deviceRevision() {
      return deviceRevision
    },
    devicesChanged: (revision) => waiters.until(() => deviceRevision > revision),
    reading: (path) => {
      const [name, sensor] = splitPath(path)
      return Effect.flatMap(device(name), ({ client }) => {
        const reading = table.get(name, sensor)?.reading
        return reading?.latin1 === undefined ? client.sensorNamed(sensor).get() : Effect.succeed(reading)
      })
    },
    waitFor: (path: string, condition: unknown, waitOptions?: WaitOptions<unknown>) => {
      const [name, sensor] = splitPath(path)
      return Effect.flatMap(device(name), ({ client }) => client.sensorNamed(sensor).waitFor(condition, waitOptions))
    },
    add,
    remove: (name) =>
      Effect.suspend(() => {
        const found = members.get(name)
        if (found === undefined) return Effect.succeed(false)
        members.delete(name)
        devices.delete(name)
        found.member.end()
        shared.notify()
        return Effect.as(Scope.close(found.scope, Exit.void), true)
      }).pipe(Effect.uninterruptible),
    get selection() {
      return selection
    },
    select: (next) =>
      Effect.suspend(() => {
        selection = next
        return Effect.forEach(members.values(), ({ member }) => member.select, { discard: true })
      }),
    get isSynced() {
      return isSynced()
    },
    synced: waiters.until(isSynced),
    changes: (options) => changesOf(table, options?.every)
  }
  return site
})
