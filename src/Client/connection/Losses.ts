import type { Anomalies } from "./Anomalies.ts"

/** Counts the informs that a slow reader loses. Reports the first at once, further ones by the ten, the hundred, … */
export class Losses {
  private readonly anomalies: Anomalies
  private readonly name: string | undefined
  private lost = 0
  private reportAt = 1

  /** `name` is the name of the informs, or `undefined` for any name. */
  constructor(anomalies: Anomalies, name: string | undefined) {
    this.anomalies = anomalies
    this.name = name
  }

  /** Counts one lost inform. */
  one(): void {
    if (++this.lost >= this.reportAt) this.report()
  }

  /** Reports the unreported losses. */
  report(): void {
    if (this.lost === 0) return
    this.anomalies.add({ _tag: "LostInforms", name: this.name, count: this.lost })
    this.lost = 0
    this.reportAt *= 10
  }
}
