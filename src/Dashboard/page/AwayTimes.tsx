/** The times when a device was disconnected. */
import { useEffect, useState } from "preact/hooks"
import { lengthWords, timeText } from "../state/format.ts"
import { type Away, awayOf } from "./api.ts"
import { connectionChanges, live, zone } from "./app.ts"

/** Given by people's questions: a day, in seconds. */
const day = 86_400

/** The times of the last day. Empty without an archive. */
export const AwayTimes = ({ device }: { readonly device: string }) => {
  const [times, setTimes] = useState<ReadonlyArray<Away>>()
  connectionChanges.value
  const known = live.devices.get(device)
  const { now } = live.clock
  useEffect(() => {
    if (now === undefined) return undefined
    const ended = new AbortController()
    // the archive writes a moment after the device is lost
    const timer = setTimeout(() => {
      awayOf(device, now - day, now + 1, ended.signal).then(setTimes, () => setTimes(undefined))
    }, 1500)
    return () => {
      clearTimeout(timer)
      ended.abort()
    }
  }, [device, known?.connected, now === undefined])
  if (times === undefined) return null
  return (
    <section class="card" aria-label="Disconnections">
      <h2>Disconnections in the last 24 hours</h2>
      {times.length === 0 ? (
        <p class="dim">None.</p>
      ) : (
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col" class="figure">
                Duration
              </th>
            </tr>
          </thead>
          <tbody>
            {times.map(({ from, to }) => (
              <tr key={from}>
                <td class="number">{timeText(from, zone.value)}</td>
                <td class="number">{to === null ? "now" : timeText(to, zone.value)}</td>
                <td class="figure number">{lengthWords((to ?? live.clock.now ?? from) - from)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
