import type { LiveSensor } from "./LiveSensor.ts"

/**
 * What became of a name in a set of sensors. `Replaced`: there was one, and now there is another sensor of that name.
 * `Modified`: it is the same sensor still, with other ranges. `#interface-changed` calls both `modified` (Rev 5.1 §4.2).
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorSetChange {
  readonly _tag: "Added" | "Removed" | "Replaced" | "Modified"
  /** The name. */
  readonly name: string
  /** The sensor that is there now; of `Removed` the one that was. */
  readonly sensor: LiveSensor<unknown>
}

/** Where a sensor is, as far as it has to know. */
export interface Owner {
  /** @internal Tells the owner that the sensor has other ranges; stripped here as in {@link SensorSet}, which has it. */
  readonly modified: (sensor: LiveSensor<unknown>) => void
}

/** Changes that nobody was told of yet, at most one for each name. */
export class PendingChanges {
  private readonly byName = new Map<string, SensorSetChange>()

  get isEmpty(): boolean {
    return this.byName.size === 0
  }

  /** Adds a change. With an earlier one of the same name it becomes one that says what both do. */
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

  /** All of them; none is left. */
  take(): ReadonlyArray<SensorSetChange> {
    const changes = [...this.byName.values()]
    this.byName.clear()
    return changes
  }
}
