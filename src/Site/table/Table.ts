import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Loss, WireReading } from "../../Client/index.ts"
import type { Turn } from "../../Codec/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Change, Changes } from "./Changes.ts"
import type { Feed, Reader } from "./Reader.ts"
import { RevisionList } from "./RevisionList.ts"
import { Ring } from "./Ring.ts"
import { Row, type RowOwner } from "./Row.ts"
import { type Removal, Tombstones } from "./Tombstones.ts"
import { Waiters } from "./Waiters.ts"

/**
 * How much a table holds at most.
 *
 * @category models
 * @since 0.1.0
 */
export interface TableLimits {
  /** Sensors of all devices. Default 1,000,000. */
  readonly sensors: number
  /** Sensors of one device. Default 200,000. */
  readonly sensorsPerDevice: number
  /** Removals that are kept for readers that are slow. Default 100,000. */
  readonly removals: number
  /** How long a removal is kept, in milliseconds. Default ten minutes. */
  readonly removalAge: number
  /** Changes in the ring for {@link Feed}s. Default 262,144. */
  readonly ringChanges: number
  /** Bytes of them, values included. Default 64 MiB. */
  readonly ringBytes: number
}

/**
 * The counts of a table.
 *
 * @category models
 * @since 0.1.0
 */
export interface TableStats {
  /** Rows: the sensors that are there. */
  readonly sensors: number
  /** The revision. */
  readonly revision: number
  /** Readings that came since the table was made. */
  readonly readings: number
  /** Sensors that were refused a row since the table was full. */
  readonly refused: number
  /** Removals that are kept. */
  readonly removals: number
  /** Removals that were forgotten before their time since there were too many. */
  readonly removalsDropped: number
  /** Changes in the ring. 0 while there is no feed. */
  readonly ring: number
  /** Changes that fell out of the ring before any one feed had taken them, added up over all feeds. */
  readonly ringLost: number
  /** How often readers and feeds were woken. */
  readonly wakeUps: number
}

const empty: ReadonlyArray<Row> = []
const none: ReadonlyArray<Removal> = []

/** Where a feed is. */
interface Place {
  /** The position of the next change. */
  position: number
  lost: number
  readonly counts: (change: Change) => boolean
}

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
 * The sensor table of a site: for each sensor of each device its definition and its newest reading. Every part that
 * stands on a site is a reader of it, and asks "what changed since revision r". The revision is one counter for the
 * table; it grows by one with each change, and never goes back.
 *
 * @category models
 * @since 0.1.0
 */
export class Table {
  /** When the table was made, in milliseconds since 1970: revisions of another table mean nothing here. */
  readonly epoch: number
  private counter = 0
  private count = 0
  private readings = 0
  private refused = 0
  private ringLost = 0
  private readonly feeds = new Set<Place>()
  private lossCount = 0
  private readonly byDevice = new Map<string, Rows>()
  private readonly list = new RevisionList()
  private readonly tombstones: Tombstones
  private readonly ring: Ring
  private readonly waiters: Waiters
  private listeners: ReadonlyArray<(row: Row, reading: WireReading) => void> = []
  private sensorListeners: ReadonlyArray<(row: Row) => void> = []
  private readonly clock: Clock.Clock
  private readonly limits: TableLimits

  private constructor(clock: Clock.Clock, turn: Turn, limits: TableLimits) {
    this.clock = clock
    this.epoch = clock.currentTimeMillisUnsafe()
    this.limits = limits
    this.tombstones = new Tombstones({ limit: limits.removals, age: limits.removalAge })
    this.ring = new Ring({ changes: limits.ringChanges, bytes: limits.ringBytes, dropped: this.dropped })
    this.waiters = new Waiters(turn)
  }

  /** @internal */
  static makeUnsafe(clock: Clock.Clock, turn: Turn, limits: TableLimits): Table {
    return new Table(clock, turn, limits)
  }

  /** The revision: how many changes there were. */
  get revision(): number {
    return this.counter
  }

  /** How often devices were lost. Grows before the revisions of their rows do. */
  get losses(): number {
    return this.lossCount
  }

  /** How many sensors there are. */
  get size(): number {
    return this.count
  }

  /** The row of a sensor; undefined if there is none. */
  get(device: string, sensor: string): Row | undefined {
    return this.byDevice.get(device)?.bySensor.get(sensor)
  }

  /** The row of `device/sensor`; undefined if there is none. */
  at(path: string): Row | undefined {
    const slash = path.indexOf("/")
    return slash === -1 ? undefined : this.get(path.slice(0, slash), path.slice(slash + 1))
  }

  /** The rows of a device, in the order in which they came. */
  of(device: string): Iterable<Row> {
    return this.byDevice.get(device)?.bySensor.values() ?? empty
  }

  /** How many sensors of a device there are. */
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
      ring: this.ring.end - this.ring.start,
      ringLost: this.ringLost,
      wakeUps: this.waiters.wakeUps
    }
  }

  /**
   * Returns what changed after a revision: 0 for a reader that has seen nothing. Costs as much as there are changes,
   * however large the table is.
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

  /** Waits until the revision is beyond one. Done at once if it is. */
  changed(revision: number): Effect.Effect<void> {
    return this.waiters.until(() => this.counter > revision)
  }

  /** A reader that has seen nothing, or all up to a revision. */
  reader(revision = 0): Reader {
    const table = this
    let seen = revision
    let skipped = 0
    return {
      get revision() {
        return seen
      },
      get skipped() {
        return skipped
      },
      changed: this.waiters.until(() => this.counter > seen),
      take() {
        const changes = table.since(seen)
        const { changed, removed, revision, snapshot } = changes
        const shown = snapshot ? changed.filter((row) => row.changed > seen).length : changed.length + removed.length
        if (seen > 0) skipped += Math.max(0, revision - seen - shown)
        seen = revision
        return changes
      }
    }
  }

  /**
   * Calls a function with every reading, at once and in order, before readers are woken. It costs less than a feed, and no
   * reading is lost. The function must not throw, and must take no time. Returns a function that ends it.
   */
  onReading(listener: (row: Row, reading: WireReading) => void): () => void {
    // the same function may come twice
    const own = (row: Row, reading: WireReading) => listener(row, reading)
    this.listeners = [...this.listeners, own]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== own)
    }
  }

  /**
   * Calls a function with the row of every sensor that comes, and with the row of every sensor that goes (`row.removed` tells
   * which), at once and in order, before readers are woken. For readers that need not look at readings. The function must
   * not throw, and must take no time. Returns a function that ends it.
   */
  onSensor(listener: (row: Row) => void): () => void {
    const own = (row: Row) => listener(row)
    this.sensorListeners = [...this.sensorListeners, own]
    return () => {
      this.sensorListeners = this.sensorListeners.filter((other) => other !== own)
    }
  }

  /** Opens a feed of every change from now on, until the scope closes. */
  readonly feed: Effect.Effect<Feed, never, Scope.Scope> = this.feedOf(() => true)

  /**
   * Opens a feed as {@link Table.feed} does, whose `lost` counts only the changes for which a function returns `true`: a
   * reader of some sensors has not lost what it would have passed over. The function is called for each change that falls out
   * of the ring, and must take no time.
   */
  feedOf(counts: (change: Change) => boolean): Effect.Effect<Feed, never, Scope.Scope> {
    return Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => {
          const place: Place = { position: this.ring.end, lost: 0, counts }
          this.feeds.add(place)
          return place
        }),
        (place) =>
          Effect.sync(() => {
            this.feeds.delete(place)
            if (this.feeds.size === 0) this.ring.clear()
          })
      ),
      (place) => this.feedFrom(place)
    )
  }

  /** A change is about to fall out of the ring. */
  private readonly dropped = (change: Change, position: number): void => {
    for (const place of this.feeds) {
      if (place.position > position) continue
      this.ringLost++
      place.position = position + 1
      if (place.counts(change)) place.lost++
    }
  }

  private feedFrom(place: Place): Feed {
    const { feeds, ring, waiters } = this
    return {
      from: this.counter,
      get lost() {
        return place.lost
      },
      get pending() {
        return ring.end - place.position
      },
      changed: waiters.until(() => ring.end > place.position),
      take: (limit = Number.POSITIVE_INFINITY) => {
        const changes: Array<Change> = []
        while (place.position < ring.end && changes.length < limit) changes.push(ring.at(place.position++))
        let oldest = place.position
        for (const { position } of feeds) oldest = Math.min(oldest, position)
        ring.release(oldest)
        return changes
      }
    }
  }

  /** @internal adds a sensor, in place of one of that name; undefined if there is no room */
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
    if (this.feeds.size > 0) this.ring.add({ _tag: "Added", row, revision: row.changed })
    for (const listener of this.sensorListeners) listener(row)
    this.waiters.notify()
    return row
  }

  /** @internal whether a further sensor of a device has room */
  hasRoom(device: string): boolean {
    return this.count < this.limits.sensors && this.sizeOf(device) < this.limits.sensorsPerDevice
  }

  /** @internal takes a reading; nothing happens if the row of that definition is not there any more */
  receive(device: string, definition: Sensor.Any, reading: WireReading): Row | undefined {
    const row = this.get(device, definition.name)
    return row === undefined || row.definition !== definition ? undefined : this.take(row, reading)
  }

  /** @internal takes a reading of a row that is in the table */
  take(row: Row, reading: WireReading): Row | undefined {
    // a device is lost once, however often that is said
    if (reading.lost && row.current?.lost === true) return undefined
    this.readings++
    row.current = reading
    row.updates++
    row.changed = ++this.counter
    this.list.touch(row)
    if (this.feeds.size > 0) this.ring.add({ _tag: "Reading", row, reading, revision: row.changed })
    for (const listener of this.listeners) listener(row, reading)
    this.waiters.notify()
    return row
  }

  /** @internal takes the reading of a row away: nobody reads the sensor any more */
  clear(row: Row): void {
    if (row.removed || row.current === undefined) return
    row.current = undefined
    row.changed = ++this.counter
    this.list.touch(row)
    this.waiters.notify()
  }

  /** @internal a device was lost: its rows show that from now on; a reading of each, which says so to readers, follows */
  lose(device: string, loss: Loss): void {
    const rows = this.byDevice.get(device)
    if (rows === undefined) return
    rows.lost = { loss, revision: this.counter }
    this.lossCount++
  }

  /** @internal removes a sensor; false if it is not there */
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
    if (this.feeds.size > 0) this.ring.add({ _tag: "Removed", row, revision })
    for (const listener of this.sensorListeners) listener(row)
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
