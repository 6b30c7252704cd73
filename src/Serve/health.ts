/** The parts of `/healthz` for a site and a fleet. */
import * as Effect from "effect/Effect"
import type { RunnerShape } from "../Fleet/index.ts"
import type { DeviceHealth, PartHealth, SiteShape } from "../Site/index.ts"

const row = (health: DeviceHealth) => ({
  address: health.address,
  state: health.state,
  connected: health.connected,
  synced: health.synced,
  since: health.since,
  protocol: health.protocol === undefined ? undefined : `${health.protocol}`,
  error: health.error,
  losses: health.losses,
  sensors: health.sensors,
  refused: health.refused,
  readings: health.readings,
  lag: health.lag,
  anomalies: occurred(health.anomalies)
})

/** Returns the anomalies with a count; undefined without any. */
const occurred = (counts: DeviceHealth["anomalies"]) => {
  const found = Object.entries(counts).filter(([, count]) => count > 0)
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

/** The devices, one row each. The part fails if there are devices and none of them is connected. */
export const devicesHealth = (site: SiteShape): PartHealth => {
  const rows = Array.from(site.devices, ([name, { health }]) => [name, row(health)] as const)
  const details = Object.fromEntries(rows)
  return rows.length > 0 && rows.every(([, { connected }]) => !connected)
    ? { status: "failing", reason: "no device is connected", details }
    : { status: "ok", details }
}

/** The largest age of the directory of a runner, in milliseconds. Not measured: ten times the normal one. */
const stale = 10_000

/** The part for this process in a fleet. It fails if the database does not answer, or does not keep heartbeats. */
export const fleetHealth = (runner: RunnerShape): Effect.Effect<PartHealth> =>
  Effect.sync(() => {
    const { directory, epoch, fault, held, heartbeatAge, name, state } = runner
    const age = Math.max(directory.age(), heartbeatAge())
    const details = {
      name,
      epoch,
      state: state(),
      held: held().size,
      wished: directory.devices().size,
      runners: Object.fromEntries(Array.from(directory.runners().values(), (entry) => [entry.name, entry.state])),
      databaseAge: age / 1000
    }
    const reason = fault() ?? (age > stale ? "the database of the fleet does not answer" : undefined)
    return reason === undefined ? { status: "ok", details } : { status: "failing", reason, details }
  })
