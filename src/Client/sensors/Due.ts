import type { ParsedMessage } from "../../Codec/index.ts"

/** Some names, or all that there are. */
export class Names implements Iterable<string> {
  /** Whether it is all that there are, not only those that are named. */
  all = false
  private readonly some = new Set<string>()

  get isEmpty(): boolean {
    return !this.all && this.some.size === 0
  }

  /** How many are named. */
  get size(): number {
    return this.some.size
  }

  has(name: string): boolean {
    return this.all || this.some.has(name)
  }

  add(name: string): void {
    this.some.add(name)
  }

  addAll(): void {
    this.all = true
  }

  /** Adds what another one has. */
  merge(other: Names): void {
    this.all ||= other.all
    for (const name of other.some) this.some.add(name)
  }

  [Symbol.iterator](): Iterator<string> {
    return this.some.values()
  }
}

/** What is to be asked of a device's interface, since it may have changed or was never asked. */
export class Due {
  readonly sensors = new Names()
  readonly requests = new Names()
  /** Which sensors may have been replaced, even by one that is described the same. */
  readonly replaced = new Names()

  get isEmpty(): boolean {
    return this.sensors.isEmpty && this.requests.isEmpty
  }

  /** All of it. */
  everything(): void {
    this.sensors.addAll()
    this.replaced.addAll()
    this.requests.addAll()
  }

  /**
   * Notes what an inform says (Rev 5.1 §4.2): `sensor-list`, `request-list`, `sensor name …`, `request name …`. Any other
   * form, and the older `#device-changed`, may mean all.
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

  /** Adds what another one has: that could not be asked. */
  merge(other: Due): void {
    this.sensors.merge(other.sensors)
    this.requests.merge(other.requests)
    this.replaced.merge(other.replaced)
  }
}
