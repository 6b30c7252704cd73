import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Answer, CallOptions, RemoteReading, WaitOptions } from "../Client/index.ts"
import type { ArgumentValue, KatcpError, RequestFailed, RequestInvalid } from "../Message/index.ts"
import type { Demand } from "./Demand.ts"
import type { SiteDevice } from "./Device.ts"
import type { DeviceRefused, NoSuchDevice, RequestRefused } from "./errors.ts"
import type { DeviceInput } from "./options.ts"
import type { PassedRequest } from "./PassedRequest.ts"
import type { Asked } from "./pass.ts"
import type { Selection } from "./Selection.ts"
import type { Changes } from "./table/Changes.ts"
import type { Table } from "./table/Table.ts"

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
 * A site: devices by name, and one table of their sensors. `Site.make` makes one.
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
