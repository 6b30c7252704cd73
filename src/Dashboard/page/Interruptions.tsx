/** The periods that were not nominal, or without readings, in words: for people who cannot see the plot. */
import type { Range } from "../state/address.ts"
import { counted, lengthWords, timeText, visible } from "../state/format.ts"
import { type Run, runsOf } from "../state/History.ts"
import { isFresh, statusWord } from "../state/status.ts"
import { live, seconds, zone } from "./app.ts"
import { Icon, Status } from "./icons.tsx"
import { stretchOf } from "./PlotDrawing.ts"
import type { PlotSeries } from "./PlotSeries.ts"

/** The number of listed stretches. Not measured: nobody reads more. */
const maxListed = 50

/** The periods that were not nominal. */
export const Interruptions = ({
  range,
  series
}: {
  readonly range: Range
  readonly series: ReadonlyArray<PlotSeries>
}) => {
  seconds.value
  const { from, to } = stretchOf(range)
  const until = Math.min(to, live.clock.now ?? to)
  const all = series.flatMap((one) =>
    runsOf({ history: one.history, ring: one.ring, from, until, width: 0 }).map((run) => ({ run, sensor: one.key }))
  )
  const found = all
    .filter(({ run: { code } }) => code !== 1 && code >= 0)
    .sort((one, other) => other.run.from - one.run.from)
  return (
    <section class="card" aria-label="Periods that were not nominal">
      <h2>Periods that were not nominal</h2>
      {found.length === 0 ? (
        <p class="dim">
          {all.length === 0 ? "No readings in this time range." : "All readings in this time range are nominal."}
        </p>
      ) : (
        <div class="legend-box" tabIndex={0} role="region" aria-label="Table of periods">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col" class="figure">
                  Duration
                </th>
                {series.length > 1 ? <th scope="col">Sensor</th> : null}
              </tr>
            </thead>
            <tbody>
              {found.slice(0, maxListed).map(({ run, sensor }) => (
                <tr key={`${sensor} ${run.from}`}>
                  <td>
                    <Status code={run.code} /> {reasonOf(run)}
                  </td>
                  <td class="number">{timeText(run.from, zone.value)}</td>
                  <td class="number">{run.to >= until ? "now" : timeText(run.to, zone.value)}</td>
                  <td class="figure number">{lengthWords(run.to - run.from)}</td>
                  {series.length > 1 ? (
                    <td>
                      <bdi>{visible(sensor)}</bdi>
                    </td>
                  ) : null}
                </tr>
              ))}
            </tbody>
          </table>
          {found.length > maxListed ? (
            <p class="dim">
              <Icon name="clock" /> {counted(found.length - maxListed, "earlier period")} not shown.
            </p>
          ) : null}
        </div>
      )}
    </section>
  )
}

const reasonOf = ({ code, text }: Run): string =>
  isFresh(code) || text === "" || text === statusWord(code) ? "" : `(${text})`
