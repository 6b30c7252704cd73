import type { ParsedMessage } from "../../Codec/index.ts"

/** What is to be asked of a device's interface, since it may have changed or was never asked. */
export class Due {
  /** All sensors, or some of them by name. */
  sensors: "all" | Set<string> = new Set()
  /** All requests, or some of them by name. */
  requests: "all" | Set<string> = new Set()
  /** Whether any sensor may have been replaced by one that is described the same. */
  unsure = false

  get isEmpty(): boolean {
    return this.sensors !== "all" && this.sensors.size === 0 && this.requests !== "all" && this.requests.size === 0
  }

  sensor(name: string): void {
    if (this.sensors !== "all") this.sensors.add(name)
  }

  /** All of it. */
  everything(): void {
    this.sensors = "all"
    this.requests = "all"
    this.unsure = true
  }

  /**
   * Notes what an inform says (Rev 5.1 §4.2): `sensor-list`, `request-list`, `sensor name …`, `request name …`. Any other
   * form, and the older `#device-changed`, may mean all.
   */
  changed(message: ParsedMessage): void {
    const [what, name] = [message.text(0), message.text(1)]
    if (what === "sensor-list") {
      this.sensors = "all"
      this.unsure = true
    } else if (what === "request-list") this.requests = "all"
    else if (what === "sensor" && name !== undefined) this.sensor(name)
    else if (what === "request" && name !== undefined) {
      if (this.requests !== "all") this.requests.add(name)
    } else this.everything()
  }
}
