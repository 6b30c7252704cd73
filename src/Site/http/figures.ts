import { Arg } from "../../Codec/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Figure } from "../Figures.ts"

/** The counts of a listener: first the number of open ones, then totals since the start. */
export interface HttpCounts {
  readonly connections: number
  readonly sessions: number
  readonly refusedConnections: number
  readonly stalledConnections: number
  readonly badRequests: number
  readonly slowRequests: number
  readonly tooManyRequests: number
}

const descriptions: Readonly<Record<keyof HttpCounts, readonly [name: string, doc: string]>> = {
  connections: ["connections", "Open connections of the HTTP listener."],
  sessions: ["sessions", "Sessions of the login form."],
  refusedConnections: ["refused-connections", "Connections that were refused because there were too many."],
  stalledConnections: ["stalled-connections", "Connections that were closed because the client took no data."],
  badRequests: ["bad-requests", "Requests that were not HTTP."],
  slowRequests: ["slow-requests", "Requests that took too long to arrive."],
  tooManyRequests: ["too-many-requests", "Requests that were refused by a rate limit."]
}

/** The figures of a listener: its counts, read on request. */
export const figuresOf = (counts: () => HttpCounts): ReadonlyArray<Figure> =>
  (Object.keys(descriptions) as ReadonlyArray<keyof HttpCounts>).map((key) => {
    const [name, doc] = descriptions[key]
    return {
      // in version 4, numbers must have a range
      sensor: Sensor.make(`http.${name}`, { type: Arg.Int, nominal: [0, Number.MAX_SAFE_INTEGER], doc }),
      metric: `katcp_http_${name.replaceAll("-", "_")}`,
      read: () => counts()[key]
    }
  })
