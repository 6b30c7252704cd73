import type { ParsedMessage } from "../../Codec/index.ts"

const nothing: ReadonlySet<string> = new Set()

/** A set of names, or all names. */
export class Names implements Iterable<string> {
  /** `true` if it represents all names. */
  all = false
  private named: Set<string> | undefined = undefined

  get isEmpty(): boolean {
    return !this.all && this.size === 0
  }

  /** The number of names that were added one by one. */
  get size(): number {
    return this.named?.size ?? 0
  }

  has(name: string): boolean {
    return this.all || this.named?.has(name) === true
  }

  add(name: string): void {
    this.named ??= new Set()
    this.named.add(name)
  }

  addAll(): void {
    this.all = true
  }

  /** Adds the names of another set. */
  merge(other: Names): void {
    this.all ||= other.all
    for (const name of other) this.add(name)
  }

  [Symbol.iterator](): Iterator<string> {
    return (this.named ?? nothing).values()
  }
}

/** The parts of a device's interface that must be queried, because they may have changed or were never queried. */
export class PendingQueries {
  readonly sensors = new Names()
  readonly requests = new Names()
  /** The sensors that may have been replaced, even by a sensor with the same description. */
  readonly replaced = new Names()

  get isEmpty(): boolean {
    return this.sensors.isEmpty && this.requests.isEmpty
  }

  /** Adds all sensors and requests. */
  everything(): void {
    this.sensors.addAll()
    this.replaced.addAll()
    this.requests.addAll()
  }

  /**
   * Adds the parts that an inform names (Rev 5.1 §4.2): `sensor-list`, `request-list`, `sensor name …`, `request name
   * …`. Any other form, and the older `#device-changed`, may mean all parts.
   */
  changed(message: ParsedMessage): void {
    const [what, name] = [message.text(0), message.text(1)]
    if (what === "sensor-list") {
      this.sensors.addAll()
      this.replaced.addAll()
    } else if (what === "request-list") this.requests.addAll()
    else if (what === "sensor" && name !== undefined) {
      this.sensors.add(name)
      this.replaced.add(name)
    } else if (what === "request" && name !== undefined) this.requests.add(name)
    else this.everything()
  }

  /** Adds queries that have failed. */
  merge(other: PendingQueries): void {
    this.sensors.merge(other.sensors)
    this.requests.merge(other.requests)
    this.replaced.merge(other.replaced)
  }
}
