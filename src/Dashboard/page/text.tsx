/** Texts that devices say, and ages. */

import { ageText, visible } from "../state/format.ts"
import { live, seconds } from "./app.ts"

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
