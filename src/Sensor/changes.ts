import type { LiveSensor } from "./LiveSensor.ts"

/**
 * A change of a name in a set of sensors. `Replaced`: another sensor took the name. `Modified`: the same sensor has
 * other ranges. `#interface-changed` reports both as `modified` (Rev 5.1 §4.2).
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorSetChange {
  readonly _tag: "Added" | "Removed" | "Replaced" | "Modified"
  /** The name. */
  readonly name: string
  /** The current sensor; for `Removed` the removed one. */
  readonly sensor: LiveSensor<unknown>
}

/** The owner of a sensor, as far as the sensor needs it. */
export interface Owner {
  /**
   * @internal Informs the owner that the sensor has other ranges; stripped here as in {@link SensorSet}, which has it.
   */
  readonly modified: (sensor: LiveSensor<unknown>) => void
}

/** Changes that were not yet reported, at most one for each name. */
export class PendingChanges {
  private readonly byName = new Map<string, SensorSetChange>()

  get isEmpty(): boolean {
    return this.byName.size === 0
  }

  /** Adds a change. Merges it with an earlier one of the same name. */
  add(change: SensorSetChange): void {
    const { name, sensor } = change
    const earlier = this.byName.get(name)
    const wasThere = (earlier ?? change)._tag !== "Added"
    const isThere = change._tag !== "Removed"
    if (!wasThere && !isThere) this.byName.delete(name)
    else {
      const same = change._tag === "Modified" && (earlier === undefined || earlier._tag === "Modified")
      const _tag = !wasThere ? "Added" : !isThere ? "Removed" : same ? "Modified" : "Replaced"
      this.byName.set(name, { _tag, name, sensor })
    }
  }

  /** Returns all changes and removes them. */
  take(): ReadonlyArray<SensorSetChange> {
    const changes = [...this.byName.values()]
    this.byName.clear()
    return changes
  }
}
