import type { Loss, WireReading } from "../../Client/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { isValid, type Status, statuses } from "../../Sensor/index.ts"

const codes: ReadonlyMap<Status, number> = new Map(statuses.map((status, code) => [status, code]))

/**
 * Returns the code of a status: 0 unknown, 1 nominal, 2 warn, 3 error, 4 failure, 5 unreachable, 6 inactive.
 *
 * @category guards
 * @since 0.1.0
 */
export const codeOf = (status: Status): number => codes.get(status)!

/** The part of a device that its rows know. */
export interface RowOwner {
  /** The name of the device. */
  readonly name: string
  /** The newest loss of the device, and the revision of the table before it; undefined if it was never lost. */
  readonly lost: { readonly loss: Loss; readonly revision: number } | undefined
}

/**
 * The row of one sensor in the table of a site: its definition and its newest reading. A row is live: its reading changes
 * while it is in the table. A {@link WireReading} never changes, so take `row.reading` once to have values that belong
 * together.
 *
 * @category models
 * @since 0.1.0
 */
export class Row {
  /** The revision at which the sensor was added to the table. A reader that has seen it knows the definition. */
  readonly added: number
  private readonly owner: RowOwner
  private described: Sensor.Any
  /**
   * The number of readings since the sensor was added to the table. A reader that keeps the number knows how many it
   * has skipped.
   */
  updates = 0
  /** @internal */
  current: WireReading | undefined = undefined
  /** @internal */
  changed: number
  /** @internal the row that changed before this one; the row itself once it was removed */
  before: Row | undefined = undefined
  /** @internal */
  after: Row | undefined = undefined

  /** Made by tables. */
  constructor(owner: RowOwner, definition: Sensor.Any, revision: number) {
    this.owner = owner
    this.described = definition
    this.added = revision
    this.changed = revision
  }

  /** The name of the device. */
  get device(): string {
    return this.owner.name
  }

  /** The definition from the device: name, type, units, description, limits. It never changes. */
  get definition(): Sensor.Any {
    return this.described
  }

  /** The name of the sensor within its device. */
  get name(): string {
    return this.described.name
  }

  /** `device/sensor`. */
  get path(): string {
    return `${this.owner.name}/${this.described.name}`
  }

  /** The newest reading; undefined until the first one. */
  get reading(): WireReading | undefined {
    return this.loss?.readingOf(this.described, this.current) ?? this.current
  }

  /**
   * @internal the loss of the device, until readers of changes have received it for this row. Later readings follow the
   * loss
   */
  get loss(): Loss | undefined {
    const { lost } = this.owner
    return lost === undefined || this.changed > lost.revision || this.current?.lost === true ? undefined : lost.loss
  }

  /** The revision of the table at the newest change of this row that readers have received. */
  get revision(): number {
    return this.changed
  }

  /** The status of the newest reading; `unknown` until the first one. */
  get status(): Status {
    if (this.loss !== undefined) return "unreachable"
    return this.current === undefined ? "unknown" : this.current.status
  }

  /** The code of {@link Row.status}: 0 to 6. */
  get code(): number {
    return codeOf(this.status)
  }

  /**
   * `true` if the value is a valid one, from a connected device: the status is nominal, warn or error. Otherwise the
   * value is the last one, marked; never export it as new.
   */
  get fresh(): boolean {
    return this.current !== undefined && isValid(this.status)
  }

  /** The value, decoded on first access; undefined before the first one. */
  get value(): unknown {
    return this.current?.latin1 === undefined ? undefined : this.current.value
  }

  /** The received bytes of the value, without escapes; undefined before the first one. */
  get bytes(): Uint8Array | undefined {
    return this.current?.bytes
  }

  /** The time of the newest reading by the device's clock, in seconds since 1970; undefined until the first one. */
  get timestamp(): number | undefined {
    return this.loss?.time ?? this.current?.timestamp
  }

  /**
   * The time of arrival of the newest reading, by the clock of this process, in seconds since 1970; undefined until the
   * first one.
   */
  get received(): number | undefined {
    return this.loss?.time ?? this.current?.received
  }

  /** `true` once the row is no longer in the table. A sensor that comes back has another row. */
  get removed(): boolean {
    return this.before === this
  }

  /** @internal the same sensor, as another client of the device has described it */
  adopt(definition: Sensor.Any): void {
    this.described = definition
  }
}
