import type { WireReading } from "../Client/index.ts"
import { causeOf } from "../Message/index.ts"
import type { ObservedSensors, SensorSet } from "../Sensor/index.ts"
import type { Row, Table } from "../Site/index.ts"
import { Conflicts } from "./Conflicts.ts"
import type { Rewrite, SensorRules } from "./SensorRule.ts"
import { RangedDefinition, ServedDefinition } from "./ServedDefinition.ts"
import { ServedSensor } from "./ServedSensor.ts"

/** The live sensors of a row: mostly one. */
type Served = ServedSensor | ReadonlyArray<ServedSensor>
const none: ReadonlyArray<ServedSensor> = []

/**
 * Keeps the proxy's sensors in line with the table of the site. Readings go from the device's connection to the
 * samplers of the clients at once, byte for byte. Added and removed rows wait, so a large device is taken in parts
 * ({@link ServedSensors.take}), with turns for other work between them. A waiting row is kept once, so no more of them
 * wait than the table and the proxy have.
 */
export class ServedSensors {
  readonly conflicts = new Conflicts()
  /** The devices whose rows were taken since this set was last cleared. */
  readonly devices = new Set<string>()
  private readonly table: Table
  private readonly set: SensorSet
  private readonly rules: SensorRules
  private readonly isOwn: (row: Row) => boolean
  private readonly Definition: typeof ServedDefinition
  /** Receives the sensors that clients sample, if readings come only on demand. */
  supply: ObservedSensors | undefined = undefined
  private readonly byRow = new Map<Row, Served>()
  /** The added rows that are not served yet, and the removed ones that still are. */
  private readonly waiting = new Set<Row>()

  constructor(options: {
    readonly table: Table
    readonly set: SensorSet
    readonly rules: SensorRules
    /** The proxy reads this sensor itself, and does not serve it. */
    readonly isOwn: (row: Row) => boolean
    /** `true` if numbers must have a range. */
    readonly ranged: boolean
  }) {
    this.table = options.table
    this.set = options.set
    this.rules = options.rules
    this.isOwn = options.isOwn
    this.Definition = options.ranged ? RangedDefinition : ServedDefinition
  }

  /** The row of a name. */
  rowOf(name: string): Row | undefined {
    const definition = this.set.get(name)?.definition
    return definition instanceof ServedDefinition ? definition.row : undefined
  }

  /** Takes a reading of the table. */
  readonly receive = (row: Row, reading: WireReading): void => {
    const served = this.byRow.get(row)
    if (served instanceof ServedSensor) served.take(reading)
    else if (served !== undefined) for (const live of served) live.take(reading)
  }

  /** The number of waiting rows. */
  get waits(): number {
    return this.waiting.size
  }

  /** Records that a row was added or removed. */
  note(row: Row): void {
    // a row that was removed before it was taken needs nothing
    if (!row.removed || this.byRow.has(row)) this.waiting.add(row)
    else this.waiting.delete(row)
  }

  /** Takes some of the waiting rows, in order. Call it within a batch of the set. */
  take(limit: number): void {
    let left = limit
    for (const row of this.waiting) {
      if (left-- === 0) return
      this.waiting.delete(row)
      this.devices.add(row.device)
      if (row.removed) this.drop(row)
      else this.add(row)
    }
  }

  private add(row: Row): void {
    if (this.byRow.has(row)) return
    this.byRow.set(row, none)
    if (this.isOwn(row)) return
    for (const name of this.rules.of(row.device, row.name).names) {
      if (!this.set.has(name)) this.serve(row, name)
      else this.conflicts.claim(name, row, this.rowOf(name)?.path ?? "the proxy itself")
    }
  }

  private serve(row: Row, name: string): void {
    const { rewrite, rule } = this.rules.of(row.device, row.name)
    let rewritten: Rewrite | undefined
    try {
      rewritten = rewrite?.(row.definition, row.device)
    } catch (error) {
      // without the rewrite it would have a meaning that the rule denies
      this.conflicts.refuse(name, row, `for rule ${rule! + 1}, whose rewrite failed (${causeOf(error)})`)
      return
    }
    const live = new ServedSensor(new this.Definition(name, row, rewritten), this.table.epoch / 1000)
    const served = this.byRow.get(row) ?? none
    this.byRow.set(row, served === none ? live : served instanceof ServedSensor ? [served, live] : [...served, live])
    live.supply = this.supply
    if (row.reading !== undefined) live.take(row.reading)
    this.set.addUnsafe(live)
  }

  private drop(row: Row): void {
    const served = this.byRow.get(row)
    if (served === undefined) return
    this.byRow.delete(row)
    this.conflicts.withdraw(row)
    for (const live of served instanceof ServedSensor ? [served] : served) {
      const { name } = live
      if (!this.set.removeUnsafe(live)) continue
      // the name is free: the next one that waits for it gets it
      const next = this.conflicts.next(name)
      if (next !== undefined) this.serve(next, name)
    }
  }
}
