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
 * - **The directory decides on the devices**: a device leaves the view when the fleet no longer wants it.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { WireReading } from "../../Client/index.ts"
import type { Row, Table, Waiters } from "../../Site/index.ts"
import type { Link, LinkListener } from "./Link.ts"
import type { LinkedDevice, LinkedSensor } from "./LinkedDevice.ts"
import { Links } from "./Links.ts"
import { Needs } from "./Needs.ts"
import { OwnSource } from "./OwnSource.ts"
import type { ViewOptions, ViewRunner } from "./options.ts"
import { Rows } from "./Rows.ts"
import type { Source } from "./Source.ts"
import { ViewDevice } from "./ViewDevice.ts"

/** See the top of the file. */
export class View<R extends ViewRunner> implements LinkListener {
  readonly table: Table
  readonly devices = new Map<string, ViewDevice>()
  readonly needs: Needs
  deviceRevision = 0
  private readonly options: ViewOptions<R>
  private readonly clock: Clock.Clock
  private readonly waiters: Waiters
  private readonly links: Links<R>
  private readonly rows: Rows

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
    const { clock, scope, table } = parts
    this.links = new Links(options, { listener: this, scope, clock })
    this.rows = new Rows({ table, own: options.own, needs: this.needs, clock })
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
      if (!this.links.isKnown(name)) missing.add(name)
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
    yield* this.links.update
    this.updateDevices()
  })

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
    const linked = this.links.claimOf(name)
    if (linked !== undefined && (best === undefined || linked.epoch > best.epoch)) best = linked
    if (best !== former) this.rows.hand(device, best)
    else this.rows.confirm(device)
  }

  private sweep(): void {
    this.needs.sweep()
    for (const device of this.devices.values()) this.rows.confirm(device)
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
    if (!row.removed) this.rows.take(device, row.definition)
    // a device that leaves this runner keeps its rows
    else if (this.options.own.devices.has(row.device)) this.table.remove(row.device, row.definition)
  }

  // ------------------------------------------------------------------ links

  readonly added = (sensor: LinkedSensor): void => {
    const device = this.devices.get(sensor.device.name)
    if (device?.source === sensor.device) {
      this.rows.take(device, sensor.definition)
      if (!sensor.device.isThere) this.rows.showPresence(device)
    }
  }

  readonly removed = (linked: LinkedDevice, name: string): void => {
    const device = this.devices.get(linked.name)
    if (device?.source === linked) this.rows.doubt(device, name)
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
    if (device.source === linked && former === linked) this.rows.showPresence(device)
    this.notify()
  }

  readonly changed = (link: Link): void => {
    for (const linked of link.devices.values()) {
      const device = this.devices.get(linked.name)
      if (device?.source === linked) this.rows.confirm(device)
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
}
