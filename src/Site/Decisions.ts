import * as Effect from "effect/Effect"
import type { Strategy } from "../Sampling/index.ts"
import type { Selection } from "./Selection.ts"

/**
 * The number of sensors that are matched against the rules of a selection in one turn. Measured: a rule with a regular
 * expression takes 1 to 3 us for each, so a turn takes some milliseconds.
 */
const slice = 1000

/**
 * Decisions of selections on the sensors of one device. The last decision is kept, because all mirrors ask about the
 * same sensor in turn.
 */
export class Decisions {
  private readonly device: string
  private selection: Selection | undefined = undefined
  private sensor: string | undefined = undefined
  private strategy: Strategy.Strategy | undefined = undefined
  private prepared:
    | { readonly selection: Selection; readonly all: Map<string, Strategy.Strategy | undefined> }
    | undefined = undefined

  constructor(device: string) {
    this.device = device
  }

  /** Returns the strategy of a sensor; undefined if the selection excludes it. */
  of(selection: Selection, sensor: string): Strategy.Strategy | undefined {
    const { prepared } = this
    if (prepared?.selection === selection && prepared.all.has(sensor)) return prepared.all.get(sensor)
    if (this.sensor !== sensor || this.selection !== selection) {
      this.strategy = selection.strategyOf(this.device, sensor)
      this.selection = selection
      this.sensor = sensor
    }
    return this.strategy
  }

  /** Decides on many sensors, a slice in each turn, and keeps the decisions until {@link Decisions.forget}. */
  prepare(selection: Selection, sensors: ReadonlyArray<string>): Effect.Effect<void> {
    return Effect.gen({ self: this as Decisions }, function* () {
      const all = new Map<string, Strategy.Strategy | undefined>()
      for (const sensor of sensors) {
        all.set(sensor, selection.strategyOf(this.device, sensor))
        if (all.size % slice === 0) yield* Effect.yieldNow
      }
      this.prepared = { selection, all }
    })
  }

  /** Forgets the prepared decisions. */
  forget(): void {
    this.prepared = undefined
  }
}
