import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Answer, RemoteReading } from "../Client/index.ts"
import { type ArgumentValue, expectOptions } from "../Message/index.ts"
import * as EffectSite from "../Site/index.ts"
import { type Credentials, dial } from "../Site/node/index.ts"
import { type Abortable, toIterable, toPromise } from "./bridge.ts"
import type { CallOptions } from "./Client.ts"
import type { ConnectOptions } from "./ConnectOptions.ts"
import { clientOptions } from "./options.ts"
import { socketOf } from "./socketOf.ts"
import { type StrategyInput, strategyOf } from "./strategy.ts"

/**
 * A device of a site: its address (`10.0.0.1:7147`, `katcps://dish:7149`, `unix:/run/dish.sock`, …), or host and port
 * with options. `address` in the options accepts the other forms of addresses, `credentials` the certificates for TLS.
 *
 * @category models
 * @since 0.1.0
 */
export type SiteDeviceInput =
  | string
  | (Omit<ConnectOptions, "signal" | "wait" | "connectTimeout" | "connecting" | "inspect" | "port"> & {
      readonly description?: string | undefined
    } & (
        | { readonly port: number; readonly address?: undefined }
        | {
            readonly port?: undefined
            readonly address: string
            readonly credentials?: Credentials | undefined
          }
      ))

/**
 * A rule that selects the mirrored sensors: a pattern, or a pattern with a strategy as text (`event-rate 0.1 5`) or as
 * data.
 *
 * @category models
 * @since 0.1.0
 */
export type SelectionRule =
  | string
  | RegExp
  | { readonly match: string | RegExp; readonly strategy?: StrategyInput | undefined }

/**
 * The options of a site.
 *
 * @category models
 * @since 0.1.0
 */
export interface SiteOptions extends Omit<EffectSite.SiteOptions, "devices" | "selection" | "limits"> {
  /** The devices by name: a letter, then letters, digits and `-`. */
  readonly devices?: Readonly<Record<string, SiteDeviceInput>> | undefined
  /** The rules that select the mirrored sensors: the first matching rule decides. Default: all sensors, by `auto`. */
  readonly selection?: ReadonlyArray<SelectionRule> | undefined
  /** The bounds of the site; `removalAge` is in milliseconds. */
  readonly limits?: (Omit<EffectSite.Limits, "removalAge"> & { readonly removalAge?: number | undefined }) | undefined
}

/**
 * A reader of the table at its own pace, without Effect: see `Reader` of `katcp/Site`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SiteReader extends Pick<EffectSite.Reader, "revision" | "skipped" | "take"> {
  /** Waits until there is a change that the reader has not seen. */
  readonly changed: (options?: Abortable) => Promise<void>
}

/**
 * Changes of a table, as yielded by {@link Site.feed}.
 *
 * @category models
 * @since 0.1.0
 */
export interface FedChanges {
  /** The changes, oldest first. */
  readonly changes: ReadonlyArray<EffectSite.Change>
  /** The number of changes lost before these because the loop was too slow. Usually 0. */
  readonly lost: number
}

type TableView = Pick<
  EffectSite.Table,
  "epoch" | "revision" | "size" | "stats" | "get" | "at" | "of" | "since" | "snapshot"
>

/**
 * Devices by name, and one table of their sensors, without Effect: see `katcp/Site`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Site extends AsyncDisposable {
  /** The sensor table: every sensor of every device, with its newest reading. */
  readonly table: TableView
  /** The devices by name. */
  readonly devices: ReadonlyMap<string, Omit<EffectSite.SiteDevice, "client">>
  /** `true` if all devices are synced. */
  readonly isSynced: boolean
  /** Waits until all devices are synced, including absent ones. */
  readonly synced: (options?: Abortable) => Promise<void>
  /** Resolves to the newest reading of `device/sensor`: from the table, or, if the table has none, from the device. */
  readonly reading: (path: string, options?: Abortable) => Promise<RemoteReading<unknown>>
  /**
   * Waits until `device/sensor` has a value (with a valid status), or until a function accepts a reading; `timeout` is
   * in milliseconds, without a limit by default.
   */
  readonly waitFor: (
    path: string,
    condition: string | number | bigint | boolean | ((reading: RemoteReading<unknown>) => boolean),
    options?: Abortable & { readonly timeout?: number | undefined }
  ) => Promise<RemoteReading<unknown>>
  /** Makes a request of a device. */
  readonly request: (
    device: string,
    request: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Promise<Answer>
  /** Forwards a request for another client, if the device's allow list names it, with an audit record. */
  readonly pass: (asked: EffectSite.Asked, options?: CallOptions) => Promise<Answer>
  /** Yields the audit records from now on. */
  readonly audit: (options?: Abortable) => AsyncIterable<EffectSite.PassedRequest>
  /** Adds a device. Rejects with `DeviceRefused` for an invalid or taken name, or if there are too many. */
  readonly add: (name: string, device: SiteDeviceInput) => Promise<void>
  /** Removes a device and its rows. Resolves to `false` if there is no device of that name. */
  readonly remove: (name: string) => Promise<boolean>
  /** Changes the selection of mirrored sensors. Sensors whose strategy stays the same are not touched. */
  readonly select: (rules: ReadonlyArray<SelectionRule>) => Promise<void>
  /** Returns a reader of the table that has seen nothing, or everything up to a revision. */
  readonly reader: (revision?: number) => SiteReader
  /**
   * Yields the table as it changes: first a snapshot, then the changes, until the loop ends. A slow loop skips to the
   * newest readings. `every` is the shortest time between two iterations, in milliseconds; none by default.
   */
  readonly changes: (options?: Abortable & { readonly every?: number | undefined }) => AsyncIterable<EffectSite.Changes>
  /**
   * Yields every change from now on, in batches, until the loop ends. Bounded: a loop that is too slow receives the
   * number of lost changes.
   */
  readonly feed: (options?: Abortable) => AsyncIterable<FedChanges>
  /** Closes the clients of all devices. */
  readonly close: () => Promise<void>
}

/**
 * Connects to all devices in the background, and mirrors their sensors into one table, until it is closed. Rejects with
 * `DeviceRefused` for an invalid name, and with a `TypeError` for an invalid address or pattern.
 *
 * @example
 * ```ts no-run
 * import { site } from "katcp/promise"
 *
 * await using dishes = await site({ devices: { m000: "10.0.0.1:7147", m001: "10.0.0.2:7147" } })
 * await dishes.synced()
 * for await (const { changed } of dishes.changes({ every: 1000 }))
 *   for (const row of changed) console.log(row.path, row.value, row.status)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const site = async (options: SiteOptions = {}): Promise<Site> => {
  expectOptions("site", options)
  const { devices = {}, selection, ...rest } = options
  const scope = Scope.makeUnsafe()
  const close = () => toPromise(Scope.close(scope, Exit.void))
  try {
    const made = EffectSite.Site.make({
      ...rest,
      devices: Object.fromEntries(Object.entries(devices).map(([name, device]) => [name, deviceOf(device)])),
      ...(selection === undefined ? {} : { selection: selectionOf(selection) })
    })
    return wrap(await toPromise(Scope.provide(made, scope)), close)
  } catch (error) {
    await close()
    throw error
  }
}

const wrap = (below: EffectSite.SiteShape, close: () => Promise<void>): Site => ({
  table: below.table,
  devices: below.devices,
  get isSynced() {
    return below.isSynced
  },
  synced: (options) => toPromise(below.synced, options?.signal),
  reading: (path, options) => toPromise(below.reading(path), options?.signal),
  waitFor: (path, condition, options) => {
    const waiting = { timeout: options?.timeout }
    return toPromise(
      typeof condition === "function"
        ? below.waitFor(path, condition, waiting)
        : below.waitFor(path, condition, waiting),
      options?.signal
    )
  },
  request: (device, request, values, { signal, ...options } = {}) =>
    toPromise(below.request(device, request, values, options), signal),
  pass: (asked, { signal, ...options } = {}) => toPromise(below.pass(asked, options), signal),
  audit: (options) => toIterable(below.audit, options?.signal),
  add: async (name, device) => {
    await toPromise(below.add(name, deviceOf(device)))
  },
  remove: (name) => toPromise(below.remove(name)),
  select: async (rules) => toPromise(below.select(selectionOf(rules))),
  reader: (revision) => {
    const reader = below.table.reader(revision)
    return {
      get revision() {
        return reader.revision
      },
      get skipped() {
        return reader.skipped
      },
      take: () => reader.take(),
      changed: (options) => toPromise(reader.changed, options?.signal)
    }
  },
  changes: (options) => toIterable(below.changes({ every: options?.every }), options?.signal),
  feed: (options) => toIterable(fed(below.table), options?.signal),
  close,
  [Symbol.asyncDispose]: close
})

const fed = (table: EffectSite.Table): Stream.Stream<FedChanges> =>
  Stream.unwrap(
    Effect.map(table.feed, (feed) => {
      let told = 0
      const take = Effect.sync((): FedChanges => {
        const changes = feed.take()
        const lost = feed.lost - told
        told = feed.lost
        return { changes, lost }
      })
      return Stream.fromEffectRepeat(Effect.andThen(feed.changed, take))
    })
  )

const deviceOf = (input: SiteDeviceInput): EffectSite.DeviceInput => {
  if (typeof input === "string") return { socket: dial(addressOf(input)), address: input }
  expectOptions("site: a device", input)
  if (input.address === undefined) {
    const { description, ...options } = input
    return { socket: socketOf(options), description, client: clientOptions(options) }
  }
  const { address, credentials, description, port: _, ...options } = input
  const { host: __, ...client } = clientOptions({ ...options, port: 0 })
  return { socket: dial(addressOf(address), credentials), address, description, client }
}

const addressOf = (text: string): EffectSite.DeviceAddress.DeviceAddress =>
  Result.getOrThrowWith(EffectSite.DeviceAddress.parse(text), (error) => new TypeError(error.message))

const selectionOf = (rules: ReadonlyArray<SelectionRule>): EffectSite.Selection.Selection =>
  EffectSite.Selection.make(
    rules.map((rule) =>
      typeof rule === "string" || rule instanceof RegExp || rule.strategy === undefined
        ? (rule as string | RegExp | EffectSite.Selection.Rule)
        : { match: rule.match, strategy: strategyOf(rule.strategy) }
    )
  )
