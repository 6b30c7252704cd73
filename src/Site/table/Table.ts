import type * as Clock from "effect/Clock"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Loss, WireReading } from "../../Client/index.ts"
import type { Turn } from "../../Codec/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Change, Changes } from "./Changes.ts"
import { type Feed, Feeds } from "./Feeds.ts"
import { Listeners } from "./Listeners.ts"
import type { TableLimits } from "./limits.ts"
import { type Reader, readerFrom } from "./Reader.ts"
import { RevisionList } from "./RevisionList.ts"
import { Row, type RowOwner } from "./Row.ts"
import type { TableStats } from "./TableStats.ts"
import { type Removal, Tombstones } from "./Tombstones.ts"
import { Waiters } from "./Waiters.ts"

const empty: ReadonlyArray<Row> = []
const none: ReadonlyArray<Removal> = []

/** The rows of one device. */
class Rows implements RowOwner {
  readonly name: string
  readonly bySensor = new Map<string, Row>()
  lost: RowOwner["lost"] = undefined

  constructor(name: string) {
    this.name = name
  }
}

/**
 * The sensor table of a site: for each sensor of each device its definition and its newest reading. Each part of a site
 * reads the changes since a revision. The revision is one counter for the table; it grows by one with each change, and
 * never goes back.
 *
 * @category models
 * @since 0.1.0
 */
export class Table {
  /** The time when the table was made, in milliseconds since 1970: revisions of another table are invalid here. */
  readonly epoch: number
  private counter = 0
  private count = 0
  private readings = 0
  private refused = 0
  private lossCount = 0
  private readonly byDevice = new Map<string, Rows>()
  private readonly list = new RevisionList()
  private readonly tombstones: Tombstones
  private readonly waiters: Waiters
  private readonly feeds: Feeds
  private readonly onReadings = new Listeners<(row: Row, reading: WireReading) => void>()
  private readonly onSensors = new Listeners<(row: Row) => void>()
  private readonly clock: Clock.Clock
  private readonly limits: TableLimits

  private constructor(clock: Clock.Clock, turn: Turn, limits: TableLimits) {
    this.clock = clock
    this.epoch = clock.currentTimeMillisUnsafe()
    this.limits = limits
    this.tombstones = new Tombstones({ limit: limits.removals, age: limits.removalAge })
    this.waiters = new Waiters(turn)
    this.feeds = new Feeds(limits, this.waiters)
    this.feed = this.feedOf(() => true)
  }

  /** @internal */
  static makeUnsafe(clock: Clock.Clock, turn: Turn, limits: TableLimits): Table {
    return new Table(clock, turn, limits)
  }

  /** The revision: the number of changes. */
  get revision(): number {
    return this.counter
  }

  /** The number of lost devices so far. Grows before the revisions of their rows do. */
  get losses(): number {
    return this.lossCount
  }

  /** The number of sensors. */
  get size(): number {
    return this.count
  }

  /** The row of a sensor; undefined if it does not exist. */
  get(device: string, sensor: string): Row | undefined {
    return this.byDevice.get(device)?.bySensor.get(sensor)
  }

  /** The row of `device/sensor`; undefined if it does not exist. */
  at(path: string): Row | undefined {
    const slash = path.indexOf("/")
    return slash === -1 ? undefined : this.get(path.slice(0, slash), path.slice(slash + 1))
  }

  /** The rows of a device, in the order of their addition. */
  of(device: string): Iterable<Row> {
    return this.byDevice.get(device)?.bySensor.values() ?? empty
  }

  /** The number of sensors of a device. */
  sizeOf(device: string): number {
    return this.byDevice.get(device)?.bySensor.size ?? 0
  }

  /** The counts of the table. */
  get stats(): TableStats {
    this.tombstones.expire(this.now())
    return {
      sensors: this.count,
      revision: this.counter,
      readings: this.readings,
      refused: this.refused,
      removals: this.tombstones.size,
      removalsDropped: this.tombstones.dropped,
      ring: this.feeds.kept,
      ringLost: this.feeds.lost,
      wakeUps: this.waiters.wakeUps
    }
  }

  /**
   * Returns the changes after a revision: 0 for a new reader. Costs as much as there are changes, for any size of the
   * table.
   */
  since(revision: number): Changes {
    this.tombstones.expire(this.now())
    if (revision <= 0 || revision < this.tombstones.floor || revision > this.counter) return this.snapshot()
    return {
      revision: this.counter,
      snapshot: false,
      removed: this.tombstones.since(revision),
      changed: this.list.since(revision)
    }
  }

  /** Returns the whole table. */
  snapshot(): Changes {
    return { revision: this.counter, snapshot: true, removed: none, changed: this.list.all }
  }

  /** Waits until the revision exceeds a number. Completes at once if it does. */
  changed(revision: number): Effect.Effect<void> {
    return this.waiters.until(() => this.counter > revision)
  }

  /** A reader that has seen nothing, or everything up to a revision. */
  reader(revision = 0): Reader {
    return readerFrom(revision, {
      since: (revision) => this.since(revision),
      changed: (seen) => this.waiters.until(() => this.counter > seen())
    })
  }

  /**
   * Calls a function with every reading, at once and in order, before readers are notified. It costs less than a feed,
   * and no reading is lost. The function must not throw, and must be fast. Returns a function that ends it.
   */
  onReading(listener: (row: Row, reading: WireReading) => void): () => void {
    return this.onReadings.add(listener)
  }

  /**
   * Calls a function with the row of every added and removed sensor (`row.removed` distinguishes them), at once and in
   * order, before readers are notified. For readers that do not need readings. The function must not throw, and must be
   * fast. Returns a function that ends it.
   */
  onSensor(listener: (row: Row) => void): () => void {
    return this.onSensors.add(listener)
  }

  /** Opens a feed of every change from now on, until the scope closes. */
  readonly feed: Effect.Effect<Feed, never, Scope.Scope>

  /**
   * Opens a feed like {@link Table.feed}, whose `lost` counts only the changes for which a function returns `true`: a
   * reader of some sensors has not lost the changes of others. The function is called for each change that the ring
   * drops, and must be fast.
   */
  feedOf(counts: (change: Change) => boolean): Effect.Effect<Feed, never, Scope.Scope> {
    return this.feeds.open(counts, () => this.counter)
  }

  /** @internal adds a sensor, replacing one of that name; undefined without room */
  add(device: string, definition: Sensor.Any): Row | undefined {
    const rows = this.rowsOf(device)
    const former = rows.bySensor.get(definition.name)
    if (former !== undefined) this.drop(rows, former)
    else if (!this.hasRoom(device)) {
      this.refused++
      return undefined
    }
    const row = new Row(rows, definition, ++this.counter)
    rows.bySensor.set(definition.name, row)
    this.list.append(row)
    this.count++
    if (this.feeds.areOpen) this.feeds.add({ _tag: "Added", row, revision: row.changed })
    for (const { call } of this.onSensors.all) call(row)
    this.waiters.notify()
    return row
  }

  /** @internal `true` if there is room for a further sensor of a device */
  hasRoom(device: string): boolean {
    return this.count < this.limits.sensors && this.sizeOf(device) < this.limits.sensorsPerDevice
  }

  /** @internal takes a reading; ignored if the row of that definition no longer exists */
  receive(device: string, definition: Sensor.Any, reading: WireReading): Row | undefined {
    const row = this.get(device, definition.name)
    return row === undefined || row.definition !== definition ? undefined : this.take(row, reading)
  }

  /** @internal takes a reading of a row that is in the table */
  take(row: Row, reading: WireReading): Row | undefined {
    // a loss counts once, even if it is reported again
    if (reading.lost && row.current?.lost === true) return undefined
    this.readings++
    row.current = reading
    row.updates++
    row.changed = ++this.counter
    this.list.touch(row)
    if (this.feeds.areOpen) this.feeds.add({ _tag: "Reading", row, reading, revision: row.changed })
    for (const { call } of this.onReadings.all) call(row, reading)
    this.waiters.notify()
    return row
  }

  /** @internal removes the reading of a row: no reader needs the sensor any more */
  clear(row: Row): void {
    if (row.removed || row.current === undefined) return
    row.current = undefined
    row.changed = ++this.counter
    this.list.touch(row)
    this.waiters.notify()
  }

  /** @internal a device was lost: its rows show it from now on; a reading of each follows, for readers */
  lose(device: string, loss: Loss): void {
    const rows = this.byDevice.get(device)
    if (rows === undefined) return
    rows.lost = { loss, revision: this.counter }
    this.lossCount++
  }

  /** @internal removes a sensor; `false` if it does not exist */
  remove(device: string, definition: Sensor.Any): boolean {
    const rows = this.byDevice.get(device)
    const row = rows?.bySensor.get(definition.name)
    if (rows === undefined || row === undefined || row.definition !== definition) return false
    this.drop(rows, row)
    this.waiters.notify()
    return true
  }

  /** @internal removes all sensors of a device */
  removeDevice(device: string): void {
    const rows = this.byDevice.get(device)
    if (rows === undefined) return
    for (const row of [...rows.bySensor.values()]) this.drop(rows, row)
    this.byDevice.delete(device)
    this.waiters.notify()
  }

  private drop(rows: Rows, row: Row): void {
    rows.bySensor.delete(row.name)
    this.list.remove(row)
    this.count--
    const revision = ++this.counter
    this.tombstones.add(rows.name, row.name, revision, this.now())
    if (this.feeds.areOpen) this.feeds.add({ _tag: "Removed", row, revision })
    for (const { call } of this.onSensors.all) call(row)
  }

  private rowsOf(device: string): Rows {
    let rows = this.byDevice.get(device)
    if (rows === undefined) {
      rows = new Rows(device)
      this.byDevice.set(device, rows)
    }
    return rows
  }

  private now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}
