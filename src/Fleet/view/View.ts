/**
 * The fleet as one site: the devices of this runner, and those of the others over links.
 *
 * - **One table of its own.** Rows of own devices follow the own site at once, with the same readings. Rows of other
 *   devices have definitions from the start, and readings only on demand ({@link Needs}): with thousands of devices, a
 *   runner that mirrored all of them would do the work of all.
 * - **A row belongs to a device, not to a runner.** When a device moves, its rows stay. The new runner's definitions
 *   are added to the old ones, and only the sensors that it does not have are removed, once it has sent all. Between
 *   two runners the rows are unreachable.
 * - **The newest epoch counts.** A runner's data on a device is a {@link Source}. If two runners claim a device, for
 *   example because one of them was frozen, the newer activation is shown.
 * - **The directory decides on the devices**: a device leaves the view when it leaves the wish of the fleet.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import { LostWireReading, type WireReading } from "../../Client/index.ts"
import { Dialect } from "../../Codec/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Row, SiteShape, Table, Waiters } from "../../Site/index.ts"
import { Link, type LinkListener } from "./Link.ts"
import { sameDefinition } from "./LinkedDefinition.ts"
import type { LinkedDevice, LinkedSensor } from "./LinkedDevice.ts"
import { Needs } from "./Needs.ts"
import { OwnSource } from "./OwnSource.ts"
import type { Source } from "./Source.ts"
import { ViewDevice } from "./ViewDevice.ts"

/**
 * The milliseconds that a sensor stays after its runner has stopped serving it. Given by moves: the sensors of a device
 * are removed a moment before the runner reports that it has released the device.
 */
const graceOfSensors = 3000

/**
 * A runner, as far as the view needs it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ViewRunner {
  readonly name: string
  /** A different one for each start of the runner. */
  readonly epoch: number
  /** The address of its link proxy. */
  readonly link: string
  readonly state: "up" | "draining" | "drained" | "gone"
}

/**
 * The runners and placements, as far as the view needs them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ViewDirectory<R extends ViewRunner> {
  readonly self: string
  readonly runners: () => ReadonlyMap<string, R>
  readonly devices: () => ReadonlyMap<string, { readonly runner: string | undefined; readonly epoch: number }>
  readonly revision: number
  readonly changed: (revision: number) => Effect.Effect<void>
}

/**
 * The parts of a view. See {@link makeView}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ViewOptions<R extends ViewRunner> {
  /** The site of this runner's devices. */
  readonly own: SiteShape
  readonly directory: ViewDirectory<R>
  /** The epoch of each device that this runner holds. */
  readonly held: () => ReadonlyMap<string, number>
  /** Returns the Socket to the link proxy of a runner. */
  readonly dial: (runner: R) => Layer.Layer<Socket.Socket>
}

/** See the top of the file. */
export class View<R extends ViewRunner> implements LinkListener {
  readonly table: Table
  readonly devices = new Map<string, ViewDevice>()
  readonly needs: Needs
  deviceRevision = 0
  private readonly options: ViewOptions<R>
  private readonly scope: Scope.Scope
  private readonly clock: Clock.Clock
  private readonly waiters: Waiters
  private readonly links = new Map<
    string,
    { readonly link: Link; readonly key: string; readonly scope: Scope.Closeable }
  >()

  constructor(
    options: ViewOptions<R>,
    parts: {
      readonly table: Table
      readonly scope: Scope.Scope
      readonly clock: Clock.Clock
      readonly waiters: Waiters
    }
  ) {
    this.options = options
    this.table = parts.table
    this.scope = parts.scope
    this.clock = parts.clock
    this.waiters = parts.waiters
    this.needs = new Needs({
      table: parts.table,
      clock: parts.clock,
      ask: (row) => this.devices.get(row.device)?.source?.need(row.name),
      end: (row) => {
        const source = this.devices.get(row.device)?.source
        source?.release(row.name)
        // a reading that is no longer followed must not look current; it still shows if the device is away
        if (source?.isOwn === false && row.reading?.lost === false) this.table.clear(row)
      },
      canCome: ({ device }) => {
        const source = this.devices.get(device)?.source
        return source?.isOwn === false && source.isThere
      }
    })
  }

  /** Follows the own site, the directory and the links, until the scope closes. */
  readonly run: Effect.Effect<void, never, Scope.Scope> = Effect.gen({ self: this as View<R> }, function* () {
    const { directory, own } = this.options
    const offReading = own.table.onReading(this.ownReading)
    const offSensor = own.table.onSensor(this.ownSensor)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        offReading()
        offSensor()
      })
    )
    yield* this.update
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.suspend(() => {
          const [devices, entries] = [own.deviceRevision, directory.revision]
          return Effect.andThen(
            this.update,
            Effect.raceFirst(own.devicesChanged(devices), directory.changed(entries)).pipe(
              // changes within a moment are one change, because an update takes time for each device
              Effect.andThen(Effect.suspend(() => Effect.sleep(Math.max(10, this.devices.size / 20))))
            )
          )
        })
      )
    )
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.delay(
          Effect.sync(() => this.sweep()),
          "1 second"
        )
      )
    )
  })

  /** The runners whose devices are unknown now. */
  missing(): ReadonlyArray<string> {
    const { directory } = this.options
    const missing = new Set<string>()
    for (const { name, state } of directory.runners().values()) {
      if (name === directory.self || state === "gone" || state === "drained") continue
      if (this.links.get(name)?.link.isKnown !== true) missing.add(name)
    }
    for (const { name, source } of this.devices.values()) {
      const runner = source === undefined ? directory.devices().get(name)?.runner : undefined
      if (runner !== undefined && runner !== directory.self && directory.runners().get(runner)?.state === "gone")
        missing.add(runner)
    }
    return [...missing].sort()
  }

  // ------------------------------------------------------------------ who is there

  private readonly update = Effect.gen({ self: this as View<R> }, function* () {
    yield* this.updateLinks
    this.updateDevices()
  })

  private readonly updateLinks = Effect.gen({ self: this as View<R> }, function* () {
    const { dial, directory } = this.options
    const runners = directory.runners()
    for (const [name, { key, link, scope }] of [...this.links]) {
      const runner = runners.get(name)
      const isGone = runner === undefined || (runner.state === "gone" && !link.isUp)
      if (!isGone && key === keyOf(runner)) continue
      this.links.delete(name)
      yield* Scope.close(scope, Exit.void)
    }
    for (const runner of runners.values()) {
      const { name, state } = runner
      if (name === directory.self || state === "gone" || this.links.has(name)) continue
      const scope = yield* Scope.fork(this.scope)
      const link = new Link(name, dial(runner), this, this.clock)
      this.links.set(name, { link, key: keyOf(runner), scope })
      yield* Effect.forkIn(link.run, scope)
    }
  }).pipe(Effect.uninterruptible)

  private updateDevices(): void {
    const { directory, own } = this.options
    const wished = directory.devices()
    for (const [name, device] of this.devices) {
      if (wished.has(name) || own.devices.has(name)) continue
      this.devices.delete(name)
      device.setSource(undefined, this.now())
      this.table.removeDevice(name)
    }
    for (const name of wished.keys()) this.settle(name)
    for (const name of own.devices.keys()) if (!wished.has(name)) this.settle(name)
    this.notify()
  }

  /** Selects the source of a device. */
  private settle(name: string): void {
    const { directory, held, own } = this.options
    let device = this.devices.get(name)
    if (device === undefined) {
      device = new ViewDevice(name, this.table, this.now())
      this.devices.set(name, device)
    }
    const placement = directory.devices().get(name)
    device.runner = placement?.runner
    const former = device.source
    let best: Source | undefined
    const mine = own.devices.get(name)
    if (mine !== undefined) {
      const epoch = held().get(name) ?? placement?.epoch ?? 0
      best =
        former instanceof OwnSource && former.device === mine && former.epoch === epoch
          ? former
          : new OwnSource(mine, epoch)
    }
    for (const { link } of this.links.values()) {
      const linked = link.devices.get(name)
      if (linked?.state !== undefined && (best === undefined || linked.epoch > best.epoch)) best = linked
    }
    if (best !== former) this.hand(device, best)
    else if (device.unconfirmed.size > 0) this.confirm(device)
  }

  /** Another runner is the source of a device from now on; its rows stay. */
  private hand(device: ViewDevice, to: Source | undefined): void {
    const from = device.source
    if (from !== undefined && !from.isOwn) for (const row of device.rows) from.release(row.name)
    device.setSource(to, this.now())
    if (to?.isThere !== true) this.lose(device)
    if (to === undefined) return
    const now = this.milliseconds()
    for (const row of device.rows) device.unconfirmed.set(row, now)
    for (const definition of to.definitions()) this.take(device, definition)
    this.confirm(device)
    this.showPresence(device)
  }

  /** Adds a sensor from the runner of a device. */
  private take(device: ViewDevice, definition: Sensor.Any): void {
    const { source, name, unconfirmed } = device
    const former = this.table.get(name, definition.name)
    let row = former
    if (former !== undefined && sameDefinition(former.definition, definition)) {
      former.adopt(definition)
      unconfirmed.delete(former)
    } else {
      if (former !== undefined) unconfirmed.delete(former)
      row = this.table.add(name, definition)
    }
    if (row === undefined || source === undefined) return
    if (source instanceof OwnSource) {
      const reading = this.options.own.table.get(name, definition.name)?.reading
      if (reading !== undefined) this.table.take(row, reading)
    } else if (this.needs.has(row)) source.need(row.name)
  }

  /** Removes the rows that the runner of a device does not have, once it has sent all. */
  private confirm(device: ViewDevice): void {
    const { source, unconfirmed } = device
    if (source === undefined || !source.isComplete) return
    const before = this.milliseconds() - (source.isOwn ? 0 : graceOfSensors)
    for (const [row, since] of unconfirmed) {
      if (since > before) continue
      unconfirmed.delete(row)
      this.table.remove(device.name, row.definition)
    }
  }

  /** Shows in rows without subscriptions if a device is present or away. */
  private showPresence(device: ViewDevice): void {
    const { source } = device
    if (source === undefined || source.isOwn) return
    if (!source.isThere) return this.lose(device)
    for (const row of device.rows) if (!this.needs.has(row)) this.table.clear(row)
  }

  private lose(device: ViewDevice): void {
    const now = this.now()
    for (const row of device.rows) {
      const { definition, reading } = row
      if (reading?.lost === true) continue
      const { dialect = Dialect.v5, latin1 } = reading ?? {}
      this.table.take(row, new LostWireReading(definition, now, "unreachable", now, latin1, dialect))
    }
  }

  private sweep(): void {
    this.needs.sweep()
    for (const device of this.devices.values()) if (device.unconfirmed.size > 0) this.confirm(device)
  }

  // ------------------------------------------------------------------ the own site

  private readonly ownReading = (row: Row, reading: WireReading): void => {
    if (this.devices.get(row.device)?.source?.isOwn !== true) return
    const shown = this.table.get(row.device, row.name)
    if (shown === undefined) return
    // another client has described the device again
    if (shown.definition !== row.definition) shown.adopt(row.definition)
    this.table.take(shown, reading)
  }

  private readonly ownSensor = (row: Row): void => {
    const device = this.devices.get(row.device)
    if (device?.source?.isOwn !== true) return
    if (!row.removed) this.take(device, row.definition)
    // a device that leaves this runner keeps its rows
    else if (this.options.own.devices.has(row.device)) this.table.remove(row.device, row.definition)
  }

  // ------------------------------------------------------------------ links

  readonly added = (sensor: LinkedSensor): void => {
    const device = this.devices.get(sensor.device.name)
    if (device?.source === sensor.device) {
      this.take(device, sensor.definition)
      if (!sensor.device.isThere) this.showPresence(device)
    }
  }

  readonly removed = (linked: LinkedDevice, name: string): void => {
    const device = this.devices.get(linked.name)
    const row = device?.source === linked ? this.table.get(linked.name, name) : undefined
    if (row !== undefined) device?.unconfirmed.set(row, this.milliseconds())
  }

  readonly reading = ({ definition, device: linked }: LinkedSensor, reading: WireReading): void => {
    if (this.devices.get(linked.name)?.source !== linked) return
    const row = this.table.get(linked.name, definition.name)
    if (row !== undefined) this.table.take(row, reading)
  }

  readonly stateChanged = (linked: LinkedDevice): void => {
    const wished = this.options.directory.devices().has(linked.name)
    if (!wished && !this.devices.has(linked.name)) return
    const former = this.devices.get(linked.name)?.source
    this.settle(linked.name)
    const device = this.devices.get(linked.name)!
    if (device.source === linked && former === linked) this.showPresence(device)
    this.notify()
  }

  readonly changed = (link: Link): void => {
    for (const linked of link.devices.values()) {
      const device = this.devices.get(linked.name)
      if (device?.source !== linked) continue
      this.confirm(device)
      // the clients lost the sensors with the link; they come back when the runner reports the device's state
    }
    this.notify()
  }

  // ------------------------------------------------------------------

  private notify(): void {
    this.deviceRevision++
    this.waiters.notify()
  }

  private now(): number {
    return this.clock.currentTimeMillisUnsafe() / 1000
  }

  private milliseconds(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}

const keyOf = ({ epoch, link }: ViewRunner): string => `${epoch} ${link}`
