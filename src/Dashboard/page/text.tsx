/** Texts that devices say, and ages. */

import type { Text } from "../frames.ts"
import { ageText, textOf, visible } from "../state/format.ts"
import { live, seconds } from "./app.ts"

/** A text of a device, cut after so many characters. It never changes the direction of what is around it. */
export const Said = ({ children, most = 300 }: { readonly children: Text; readonly most?: number }) => (
  <bdi>{textOf(children, most)}</bdi>
)

/** A sensor's name with its device before it. */
export const SensorName = ({ sensor }: { readonly sensor: string }) => {
  const slash = sensor.indexOf("/")
  return (
    <bdi class="sensor-name">
      <span class="dim">{visible(sensor.slice(0, slash + 1))}</span>
      {visible(sensor.slice(slash + 1))}
    </bdi>
  )
}

/** How long ago a time of the gateway was, counted on each second. */
export const Age = ({ since }: { readonly since: number }) => {
  seconds.value
  const ago = live.ago(since)
  return <span class="number">{ago === undefined ? "…" : ageText(ago)}</span>
}
