import type { WireReading } from "../Client/index.ts"
import { Arg, Dialect } from "../Codec/index.ts"
import { causeOf } from "../Message/index.ts"
import { LiveSensor, type Reading, type SensorSet } from "../Sensor/index.ts"
import type { Changes, Row, Table } from "../Site/index.ts"
import type { Rewrite, SensorRules } from "./SensorRule.ts"
import { ServedDefinition } from "./ServedDefinition.ts"

/** Characters of a string above which a lost sensor's last value is left out. Given by the design: losses must cost clients little. */
const longestLost = 100

/** A name that two sensors claim: the one that came first keeps it. */
export interface Conflict {
  readonly name: string
  /** `device/sensor` of the sensor that has the name. */
  readonly held: string
  /** `device/sensor` of the sensor that is not served under it. */
  readonly refused: string
}

/** One row under one name. */
interface Served {
  readonly live: LiveSensor<unknown>
  readonly value: Rewrite["value"]
}

/** At most so many conflicts are kept; above it they are counted only. Not measured: more than people read. */
const maxConflicts = 100

/**
 * Keeps the proxy's sensors in line with the table of the site. Readings go from the device's connection to the samplers
 * of the clients at once, with the bytes that came; sensors come and go in batches, when the table's readers are woken.
 */
export class ServedSensors {
  readonly conflicts = new Map<string, Conflict>()
  private readonly table: Table
  private readonly set: SensorSet
  private readonly rules: SensorRules
  private readonly isOwn: (row: Row) => boolean
  private readonly byRow = new Map<Row, ReadonlyArray<Served>>()
  private readonly byPath = new Map<string, Row>()
  /** The rows that hold or claim a name. */
  private readonly claims = new Map<string, ReadonlyArray<Row>>()

  /** `isOwn`: the proxy reads this sensor itself, and does not serve it. */
  constructor(table: Table, set: SensorSet, rules: SensorRules, isOwn: (row: Row) => boolean) {
    this.table = table
    this.set = set
    this.rules = rules
    this.isOwn = isOwn
  }

  /** The row that is served under a name. */
  rowOf(name: string): Row | undefined {
    const row = this.claims.get(name)?.[0]
    // the proxy itself may have the name, or the rewriting has failed
    return row !== undefined && this.byRow.get(row)?.some(({ live }) => live.definition.name === name) === true
      ? row
      : undefined
  }

  /** Takes a reading of the table. */
  readonly receive = (row: Row, reading: WireReading): void => {
    const all = this.byRow.get(row)
    if (all === undefined) return
    for (const { live, value } of all) live.receive(asServed(live, reading, value))
  }

  /** Brings the sensors into line with changes of the table. To be called within a batch of the set. */
  apply({ changed, removed, snapshot }: Changes): void {
    if (snapshot) {
      for (const row of [...this.byRow.keys()]) if (row.removed) this.drop(row)
    } else
      for (const { device, name } of removed) {
        const row = this.byPath.get(`${device}/${name}`)
        if (row?.removed === true) this.drop(row)
      }
    for (const row of changed) if (!row.removed && !this.byRow.has(row)) this.add(row)
  }

  private add(row: Row): void {
    const former = this.byPath.get(row.path)
    if (former !== undefined) this.drop(former)
    this.byPath.set(row.path, row)
    this.byRow.set(row, [])
    if (this.isOwn(row)) return
    for (const name of new Set(this.rules.of(row.device, row.name).names)) {
      const claims = this.claims.get(name) ?? []
      this.claims.set(name, [...claims, row])
      if (claims.length === 0 && !this.set.has(name)) this.serve(row, name)
      else this.refuse(name, claims[0]?.path ?? "the proxy itself", row)
    }
  }

  private serve(row: Row, name: string): void {
    const { rewrite, rule } = this.rules.of(row.device, row.name)
    let rewritten: Rewrite
    try {
      rewritten = rewrite?.(row.definition, row.device) ?? {}
    } catch (error) {
      // as the device has it, it would have a meaning that the rule denies
      this.refuse(name, `for rule ${rule! + 1}, whose rewrite failed (${causeOf(error)})`, row)
      return
    }
    const definition = new ServedDefinition(name, row.definition, rewritten)
    const live = LiveSensor.makeUnsafe<unknown>(definition, this.table.epoch / 1000)
    this.byRow.set(row, [...(this.byRow.get(row) ?? []), { live, value: rewritten.value }])
    if (row.reading !== undefined) live.receive(asServed(live, row.reading, rewritten.value))
    this.set.addUnsafe(live)
  }

  private refuse(name: string, held: string, row: Row): void {
    if (this.conflicts.size < maxConflicts) this.conflicts.set(`${name} ${row.path}`, { name, held, refused: row.path })
  }

  private drop(row: Row): void {
    const served = this.byRow.get(row) ?? []
    this.byRow.delete(row)
    if (this.byPath.get(row.path) === row) this.byPath.delete(row.path)
    for (const { live } of served) this.set.removeUnsafe(live)
    for (const name of new Set(this.rules.of(row.device, row.name).names)) {
      this.conflicts.delete(`${name} ${row.path}`)
      const [next, ...others] = (this.claims.get(name) ?? []).filter((other) => other !== row)
      if (next === undefined) {
        this.claims.delete(name)
        continue
      }
      this.claims.set(name, [next, ...others])
      if (this.set.has(name)) continue
      // the name is free: the next one that claims it has it
      this.conflicts.delete(`${name} ${next.path}`)
      this.serve(next, name)
    }
  }
}

/** Returns the reading that clients of the proxy get. */
const asServed = (
  { definition }: LiveSensor<unknown>,
  reading: WireReading,
  rewrite: Rewrite["value"]
): Reading<unknown> => {
  const { latin1, lost, status, timestamp } = reading
  const isLong = lost && latin1 !== undefined && latin1.length > longestLost
  if (isLong && definition.type.sensorType === "string") return { timestamp, status, value: "" }
  if (rewrite === undefined) return reading
  try {
    const value = rewrite(reading.value)
    if (!(definition.type.encode(value, Dialect.v5) instanceof Arg.Invalid)) return { timestamp, status, value }
  } catch {
    // as for a value that is none of the type
  }
  return { timestamp, status: "failure", value: definition.initial }
}
