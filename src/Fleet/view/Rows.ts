import type * as Clock from "effect/Clock"
import { LostWireReading } from "../../Client/index.ts"
import { Dialect } from "../../Codec/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { SiteShape, Table } from "../../Site/index.ts"
import type { Needs } from "./Needs.ts"
import { OwnSource } from "./OwnSource.ts"
import type { Source } from "./Source.ts"
import type { ViewDevice } from "./ViewDevice.ts"

/**
 * The milliseconds that a sensor stays after its runner has stopped serving it. Given by moves: the sensors of a device
 * are removed a moment before the runner reports that it has released the device.
 */
const graceOfSensors = 3000

/**
 * The rows of the view's table. A row belongs to a device, not to a runner: when a device moves, its rows stay. The new
 * runner's definitions are added to the old ones, and only the sensors that it does not have are removed, once it has sent
 * all.
 */
export class Rows {
  private readonly table: Table
  private readonly own: SiteShape
  private readonly needs: Needs
  private readonly clock: Clock.Clock

  constructor(parts: {
    readonly table: Table
    readonly own: SiteShape
    readonly needs: Needs
    readonly clock: Clock.Clock
  }) {
    this.table = parts.table
    this.own = parts.own
    this.needs = parts.needs
    this.clock = parts.clock
  }

  /** Makes another runner the source of a device; `undefined`: none. */
  hand(device: ViewDevice, to: Source | undefined): void {
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
  take(device: ViewDevice, definition: Sensor.Any): void {
    const { source, name, unconfirmed } = device
    const former = this.table.get(name, definition.name)
    let row = former
    if (former !== undefined && Sensor.sameDescription(former.definition, definition)) {
      former.adopt(definition)
      unconfirmed.delete(former)
    } else {
      if (former !== undefined) unconfirmed.delete(former)
      row = this.table.add(name, definition)
    }
    if (row === undefined || source === undefined) return
    if (source instanceof OwnSource) {
      const reading = this.own.table.get(name, definition.name)?.reading
      if (reading !== undefined) this.table.take(row, reading)
    } else if (this.needs.has(row)) source.need(row.name)
  }

  /** Notes that the runner of a device no longer serves a sensor: its row is removed unless it comes back soon. */
  doubt(device: ViewDevice, sensor: string): void {
    const row = this.table.get(device.name, sensor)
    if (row !== undefined) device.unconfirmed.set(row, this.milliseconds())
  }

  /** Removes the rows that the runner of a device does not have, once it has sent all. */
  confirm(device: ViewDevice): void {
    const { source, unconfirmed } = device
    if (source === undefined || !source.isComplete || unconfirmed.size === 0) return
    const before = this.milliseconds() - (source.isOwn ? 0 : graceOfSensors)
    for (const [row, since] of unconfirmed) {
      if (since > before) continue
      unconfirmed.delete(row)
      this.table.remove(device.name, row.definition)
    }
  }

  /** Shows in rows without subscriptions if a device is present or away. */
  showPresence(device: ViewDevice): void {
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

  private now(): number {
    return this.clock.currentTimeMillisUnsafe() / 1000
  }

  private milliseconds(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}
