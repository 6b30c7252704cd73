import * as Effect from "effect/Effect"
import type { DeviceRefused, SiteShape } from "../Site/index.ts"
import type { Loaded } from "./load.ts"
import type { SiteFile } from "./sections.ts"

/**
 * Changes the devices of a site from those of one file to those of another. Devices that are equal in both are not
 * touched. Returns the changes, in words.
 */
export const changeDevices = (
  site: SiteShape,
  from: Loaded,
  to: Loaded
): Effect.Effect<ReadonlyArray<string>, DeviceRefused> =>
  Effect.gen(function* () {
    const said: Array<string> = []
    const changed = (name: string) => from.devices.get(name)?.key !== to.devices.get(name)?.key
    for (const name of [...site.devices.keys()])
      if (changed(name)) {
        yield* site.remove(name)
        if (!to.devices.has(name)) said.push(`${name} removed`)
      }
    if (JSON.stringify(rulesIn(from.data)) !== JSON.stringify(rulesIn(to.data))) {
      yield* site.select(to.selection)
      said.push("the selection of sensors changed")
    }
    for (const [name, device] of to.devices)
      if (!site.devices.has(name)) {
        yield* site.add(name, device.options)
        said.push(`${name} ${from.devices.has(name) ? "changed" : "added"}`)
      }
    return said
  })

const rulesIn = ({ devices }: SiteFile) =>
  Object.entries(devices).flatMap(([name, device]) =>
    typeof device === "string" || device.sensors === undefined ? [] : [[name, device.sensors]]
  )
