import { setTimeout } from "node:timers/promises"
import { middle } from "./Source.ts"

/** Batches of 2,000 readings, one every 20 ms. */
export const pace = { batch: 2000, every: 20 } as const
/** Readings at the beginning that do not count: compilation, and the first pages of the file. */
const warmUp = 100_000

/** Appends this many readings, batch after batch at a steady rate. Returns the durations of the appends, in ms. */
export const paced = async (readings: number, append: () => Promise<unknown>) => {
  const waits: Array<number> = []
  const begun = performance.now()
  for (let done = 0; done < readings; done += pace.batch) {
    const due = begun + (done / pace.batch) * pace.every
    if (due > performance.now()) await setTimeout(due - performance.now())
    const since = performance.now()
    await append()
    if (done >= warmUp) waits.push(performance.now() - since)
  }
  waits.sort((one, other) => one - other)
  return { n: waits.length, most: waits.at(-1)!, p99: waits[Math.floor(waits.length * 0.99)]!, median: middle(waits) }
}
