import type { Anomalies } from "./Anomalies.ts"

/** Counts what a slow reader loses, and tells of the first at once, of further ones by the ten, the hundred, … */
export class Losses {
  private readonly anomalies: Anomalies
  private readonly name: string | undefined
  private lost = 0
  private enough = 1

  /** `name` is that of the informs, undefined where they may have any. */
  constructor(anomalies: Anomalies, name: string | undefined) {
    this.anomalies = anomalies
    this.name = name
  }

  one(): void {
    if (++this.lost >= this.enough) this.report()
  }

  /** Tells of what was not told yet. */
  report(): void {
    if (this.lost === 0) return
    this.anomalies.add({ _tag: "LostInforms", name: this.name, count: this.lost })
    this.lost = 0
    this.enough *= 10
  }
}
