/** Texts from devices, and ages. */

import { ageText, visible } from "../state/format.ts"
import { live, seconds } from "./app.ts"

/** A sensor's name, with its device first. */
export const SensorName = ({ sensor }: { readonly sensor: string }) => {
  const slash = sensor.indexOf("/")
  return (
    <bdi class="sensor-name">
      <span class="dim">{visible(sensor.slice(0, slash + 1))}</span>
      {visible(sensor.slice(slash + 1))}
    </bdi>
  )
}

/** The age of a time of the gateway, updated each second. */
export const Age = ({ since }: { readonly since: number }) => {
  seconds.value
  const ago = live.ago(since)
  return <span class="number">{ago === undefined ? "…" : ageText(ago)}</span>
}
