/** The gateway's HTTP API, as far as the page uses it. */
import type { RequestHelp } from "../state/fields.ts"
import type { Gap, History } from "../state/History.ts"

/** The gateway refused a request, or is unreachable. The message is for people. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Sends a request to the gateway; fails with {@link ApiError}. */
const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
  let response: Response
  try {
    response = await fetch(path, { ...init, headers: { "x-katcp": "1", ...init.headers }, credentials: "same-origin" })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ApiError(0, "cannot reach the gateway")
  }
  if (response.ok) return response
  let said = `the gateway answered ${response.status}`
  try {
    const problem = (await response.json()) as { readonly title?: string; readonly detail?: string }
    said = problem.detail ?? problem.title ?? said
  } catch {
    // the answer is not a problem in JSON
  }
  throw new ApiError(response.status, said)
}

/** A query for the history of sensors. */
export interface HistoryQuestion {
  readonly from: number
  readonly to: number
  readonly points: number
  readonly signal: AbortSignal
}

interface HistoryAnswer {
  readonly series: ReadonlyArray<
    { readonly device: string; readonly name: string } & Omit<History, "gaps" | "mean" | "worst"> & {
        readonly avg: History["mean"]
        readonly st: ReadonlyArray<number>
      }
  >
  readonly gaps: ReadonlyArray<Gap & { readonly device: string; readonly sensor: string }>
}

/** `true` if a gap includes a sensor; without a name, a device. */
const concerns = (gap: { readonly device: string; readonly sensor: string }, device: string, name: string): boolean =>
  (gap.device === "" || gap.device === device) && (gap.sensor === "" || gap.sensor === name)

const historyQuery = (sensors: ReadonlyArray<string>, from: number, to: number): URLSearchParams => {
  const query = new URLSearchParams()
  for (const sensor of sensors) query.append("sensor", sensor)
  query.set("from", from.toFixed(3))
  query.set("to", to.toFixed(3))
  return query
}

/** Returns the history of sensors by `device/name`. */
export const historyOf = async (
  sensors: ReadonlyArray<string>,
  { from, points, signal, to }: HistoryQuestion
): Promise<ReadonlyMap<string, History>> => {
  const query = historyQuery(sensors, from, to)
  query.set("points", String(points))
  const { gaps, series } = (await (await ask(`api/history?${query}`, { signal })).json()) as HistoryAnswer
  const found = new Map<string, History>()
  for (const { avg, device, name, st, ...columns } of series)
    found.set(`${device}/${name}`, {
      ...columns,
      mean: avg,
      worst: st,
      gaps: gaps.filter((gap) => concerns(gap, device, name))
    })
  return found
}

/** The address of all readings as a CSV file. */
export const csvPath = (
  sensors: ReadonlyArray<string>,
  { from, to }: { readonly from: number; readonly to: number }
): string => {
  const query = historyQuery(sensors, from, to)
  query.set("format", "csv")
  return `api/readings?${query}`
}

/** A time when a device was away. */
export type Away = Pick<Gap, "from" | "to">

/** Returns the times when a device was away, newest first. */
export const awayOf = async (
  device: string,
  from: number,
  to: number,
  signal: AbortSignal
): Promise<ReadonlyArray<Away>> => {
  // any of its sensors has the times when the device was away
  const [sensor] = await findSensors(new URLSearchParams({ device, limit: "1" }), signal)
  if (sensor === undefined) return []
  const query = historyQuery([sensor.key], from, to)
  query.set("points", "1")
  const { gaps } = (await (await ask(`api/history?${query}`, { signal })).json()) as HistoryAnswer
  return gaps.filter((gap) => gap.reason === "away" && concerns(gap, device, "")).toReversed()
}

/** A search result. */
export interface Found {
  readonly key: string
  readonly description: string
}

/** Returns the sensors whose names or descriptions contain a text. */
export const searchSensors = (text: string, signal: AbortSignal): Promise<ReadonlyArray<Found>> =>
  findSensors(new URLSearchParams({ text, limit: "20" }), signal)

const findSensors = async (query: URLSearchParams, signal: AbortSignal): Promise<ReadonlyArray<Found>> => {
  const { sensors } = (await (await ask(`api/sensors?${query}`, { signal })).json()) as {
    readonly sensors: ReadonlyArray<{ readonly device: string; readonly name: string; readonly description?: string }>
  }
  return sensors.map(({ description = "", device, name }) => ({ key: `${device}/${name}`, description }))
}

/** The requests of a device. */
export interface DeviceRequests {
  readonly requests: ReadonlyArray<RequestHelp>
  /** The version of KATCP of the device: 4 or 5. */
  readonly version: number
}

/** Returns the requests of a device. */
export const requestsOf = async (device: string, signal: AbortSignal): Promise<DeviceRequests> => {
  const answer = await ask(`api/devices/${encodeURIComponent(device)}`, { signal })
  const { protocol = "5", requests } = (await answer.json()) as {
    readonly protocol?: string
    readonly requests: ReadonlyArray<RequestHelp>
  }
  return { requests, version: Number.parseInt(protocol, 10) }
}

/** A request of a user. */
export interface AuditRecord {
  readonly time: number
  readonly who?: string
  readonly from: string
  readonly role: string
  readonly via: string
  readonly device: string
  readonly request: string
  readonly arguments: ReadonlyArray<string>
  readonly outcome: string
  readonly reason?: string
  readonly seconds: number
}

/** Returns the newest requests, the newest first. */
export const auditRecords = async (signal: AbortSignal): Promise<ReadonlyArray<AuditRecord>> => {
  const { records } = (await (await ask("api/audit", { signal })).json()) as {
    readonly records: ReadonlyArray<AuditRecord>
  }
  return records.toSorted((one, other) => other.time - one.time)
}

/** Logs this browser out, and goes to the gateway's login form. */
export const leave = async (): Promise<void> => {
  try {
    await ask("logout", { method: "POST" })
  } finally {
    location.assign("login")
  }
}

/** Returns `true` if the gateway requires a login. */
export const wantsLogin = async (): Promise<boolean> => {
  try {
    await ask("api/caller")
    return false
  } catch (error) {
    return error instanceof ApiError && error.status === 401
  }
}
