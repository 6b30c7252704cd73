import type { Strategy } from "../Sampling/index.ts"
import { Selection } from "../Site/index.ts"

/** The mirrored sensors of each device. Each device has its own selection, so changing one does not cost the others. */
export class DeviceSelections {
  readonly #of = new Map<string, Selection.Selection>()

  /** Sets the selection of a device; `undefined`: all of its sensors. */
  set(device: string, selection: Selection.Selection | undefined): void {
    if (selection === undefined) this.#of.delete(device)
    else this.#of.set(device, selection)
  }

  /**
   * Returns the current selection of all devices. Passing it to a site again makes the site check its devices again.
   */
  get all(): Selection.Selection {
    const of = (device: string): Selection.Selection => this.#of.get(device) ?? Selection.everything
    const own = this.#of
    return {
      get rules() {
        return [...own.values()].flatMap(({ rules }) => rules)
      },
      ruleOf: (device, sensor) => of(device).ruleOf(device, sensor),
      strategyOf: (device, sensor): Strategy.Strategy | undefined => of(device).strategyOf(device, sensor),
      strategiesFor: (device) => of(device).strategiesFor(device)
    }
  }
}
