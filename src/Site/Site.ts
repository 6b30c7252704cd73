import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type * as Stream from "effect/Stream"
import type { Answer, CallOptions, RemoteReading, WaitOptions } from "../Client/index.ts"
import { Turn } from "../Codec/index.ts"
import {
  type ArgumentValue,
  expectOptions,
  type KatcpError,
  type RequestFailed,
  type RequestInvalid
} from "../Message/index.ts"
import { AuditTrail } from "./AuditTrail.ts"
import type { Demand } from "./Demand.ts"
import type { SiteDevice } from "./Device.ts"
import { DeviceRefused, NoSuchDevice, type RequestRefused } from "./errors.ts"
import { Member, type Shared } from "./Member.ts"
import type { DeviceInput, DeviceOptions, Limits, SiteOptions } from "./options.ts"
import type { PassedRequest } from "./PassedRequest.ts"
import { type Asked, passOn } from "./pass.ts"
import { everything, type Selection } from "./Selection.ts"
import { isDeviceName } from "./Target.ts"
import type { Changes } from "./table/Changes.ts"
import { changesOf } from "./table/changesOf.ts"
import { Table, type TableLimits } from "./table/Table.ts"
import { Waiters } from "./table/Waiters.ts"

type Failure = KatcpError | RequestFailed | RequestInvalid

/**
 * See {@link SiteShape.waitFor}.
 *
 * @category models
 * @since 0.1.0
 */
export interface SiteWaitFor {
  /** Waits until the function accepts a reading of `device/sensor`. */
  (
    path: string,
    condition: (reading: RemoteReading<unknown>) => boolean,
    options?: WaitOptions<unknown>
  ): Effect.Effect<RemoteReading<unknown>, NoSuchDevice | KatcpError>
  /** Waits until it has the value, with a valid status. */
  (
    path: string,
    value: string | number | bigint | boolean,
    options?: WaitOptions<unknown>
  ): Effect.Effect<RemoteReading<unknown>, NoSuchDevice | KatcpError>
}

/**
 * A site: devices by name, and one table of their sensors. See {@link Site.make}.
 *
 * @category models
 * @since 0.1.0
 */
export interface SiteShape {
  /** The sensor table: every sensor of every device, with its newest reading. */
  readonly table: Table
  /** The devices by name. */
  readonly devices: ReadonlyMap<string, SiteDevice>
  /** The device of that name. Fails with `NoSuchDevice`. */
  readonly device: (name: string) => Effect.Effect<SiteDevice, NoSuchDevice>
  /** Grows when a device is added, removed, or changes its state. */
  readonly deviceRevision: number
  /** Waits until {@link SiteShape.deviceRevision} exceeds a number. Completes at once if it does. */
  readonly devicesChanged: (revision: number) => Effect.Effect<void>
  /**
   * Returns the newest reading of `device/sensor`: from the table or, if the table has none, from the device
   * (`?sensor-value`). Fails with `NoSuchDevice`; with `RequestFailed` if the device has no such sensor; with
   * `KatcpError` if it is lost.
   */
  readonly reading: (path: string) => Effect.Effect<RemoteReading<unknown>, NoSuchDevice | Failure>
  /**
   * Waits until a function accepts a reading of `device/sensor`, or until it has a value. It checks the current reading
   * first, and misses none. It also waits for a lost device, and for a sensor that does not exist yet. Fails with
   * `TimedOut` after `timeout` (default: never), and with `NoSuchDevice`.
   */
  readonly waitFor: SiteWaitFor
  /**
   * Makes a request of a device, for this program itself, without an allow list. Fails with `RequestFailed` or
   * `RequestInvalid` if the device refuses it, with `KatcpError` without an answer, and with `NoSuchDevice`.
   */
  readonly request: (
    device: string,
    request: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Effect.Effect<Answer, NoSuchDevice | Failure>
  /**
   * Passes on a request of a client, if the allow list names it and the role permits it, with an audit record of the
   * outcome. Returns the answer, with any return code. Fails with `RequestRefused`, `NoSuchDevice`, or `KatcpError`
   * without an answer.
   */
  readonly pass: (
    asked: Asked,
    options?: CallOptions
  ) => Effect.Effect<Answer, NoSuchDevice | RequestRefused | KatcpError>
  /**
   * The same for requests that are made in another way, for example streamed: checks, runs the function with the
   * device, and records the outcome.
   */
  readonly passWith: <A, E, R>(
    asked: Asked,
    run: (device: SiteDevice) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | NoSuchDevice | RequestRefused, R>
  /**
   * The audit records from now on. At most 1024 wait for a slow reader; then it misses the next ones, and receives
   * their number. The log has at most fifty a second, at Info, without those of a proxy, whose server logs them
   * (`Asked.logged`).
   */
  readonly audit: Stream.Stream<PassedRequest>
  /** Adds a device, which stays until it is removed. Fails with `DeviceRefused`. Does not wait for the device. */
  readonly add: (name: string, device: DeviceInput) => Effect.Effect<SiteDevice, DeviceRefused>
  /** Removes a device and its rows, and closes its client. Returns `false` for an unknown device. */
  readonly remove: (name: string) => Effect.Effect<boolean>
  /** The current selection of mirrored sensors. */
  readonly selection: Selection
  /** Changes the selection of mirrored sensors. Sensors whose strategy stays the same are not touched. */
  readonly select: (selection: Selection) => Effect.Effect<void>
  /** `true` if all devices are synced. */
  readonly isSynced: boolean
  /** Waits until all devices are synced, also lost ones. */
  readonly synced: Effect.Effect<void>
  /**
   * The changes of the table: first a snapshot, then the changes, for programs. A slow consumer skips to the newest
   * readings. `every` is the shortest time between two elements; none by default.
   */
  readonly changes: (options?: { readonly every?: Duration.Input | undefined }) => Stream.Stream<Changes>
  /** The demand for readings. Undefined: the site mirrors its whole selection. */
  readonly demand?: Demand | undefined
  /** Returns the runners of a fleet whose devices are unknown now. Undefined: the site is not a fleet. */
  readonly missing?: (() => ReadonlyArray<string>) | undefined
}

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

/**
 * The limits of a table, with defaults.
 *
 * @category options
 * @since 0.1.0
 */
export const limitsOf = (limits: Limits = {}): TableLimits => ({
  sensors: limits.sensors ?? 1_000_000,
  sensorsPerDevice: limits.sensorsPerDevice ?? 200_000,
  removals: limits.removals ?? 100_000,
  removalAge: Duration.toMillis(limits.removalAge ?? "10 minutes"),
  ringChanges: limits.ringChanges ?? 262_144,
  ringBytes: limits.ringBytes ?? 64 * 1024 * 1024
})

const makeSite = Effect.fnUntraced(function* (options: SiteOptions) {
  expectOptions("Site.make", options)
  const scope = yield* Effect.scope
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
    gate: yield* Semaphore.make(options.concurrency ?? 16),
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
        message: `${JSON.stringify(name)} is not a name of a device: a letter, then letters, digits and "-"`
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
  const device = (name: string): Effect.Effect<SiteDevice, NoSuchDevice> =>
    Effect.suspend(() => {
      const found = devices.get(name)
      return found === undefined
        ? Effect.fail(new NoSuchDevice({ device: name, known: [...devices.keys()].slice(0, 20) }))
        : Effect.succeed(found)
    })
  const isSynced = () => [...members.values()].every(({ member }) => member.isSynced)

  for (const [name, input] of Object.entries(options.devices ?? {})) yield* add(name, input)

  const site: SiteShape = {
    table,
    devices,
    device,
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
    request: (name, request, values, callOptions) =>
      Effect.flatMap(device(name), ({ client }) => client.call(request, values, callOptions)),
    pass: (asked, callOptions) =>
      site.passWith(asked, ({ client }) => client.callRaw(asked.request, asked.arguments, callOptions)),
    passWith: (asked, run) =>
      passOn(asked, {
        device,
        found: devices.get(asked.device),
        run,
        record: (record, logged) => audit.add(record, logged)
      }),
    audit: audit.stream,
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

/** `device/sensor`; without a `/`, all of it is the device. */
const splitPath = (path: string): readonly [device: string, sensor: string] => {
  const slash = path.indexOf("/")
  return slash === -1 ? [path, ""] : [path.slice(0, slash), path.slice(slash + 1)]
}
