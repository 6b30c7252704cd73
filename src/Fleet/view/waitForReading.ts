import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { missedText, type RemoteReading, type Seen } from "../../Client/index.ts"
import { KatcpError, TimedOut } from "../../Message/index.ts"
import { isValid } from "../../Sensor/index.ts"
import { type Demand, type Row, type SiteDevice, splitPath, type Table } from "../../Site/index.ts"

/** A wait for a reading of a sensor of the fleet. */
interface Wait {
  readonly table: Table
  readonly needs: Demand
  readonly device: SiteDevice
  /** The sensor, as `device/sensor`. */
  readonly path: string
  /** A function that accepts readings, or the value to wait for. */
  readonly condition: unknown
  readonly timeout: Duration.Input | undefined
}

/** Waits for a reading that meets a condition, at any runner. Fails with `TimedOut`, which says what the sensor was. */
export const waitForReading = (wait: Wait): Effect.Effect<RemoteReading<unknown>, KatcpError> =>
  Effect.suspend(() => {
    let last: Seen | undefined
    const accepts = ({ definition, reading, status, value }: Row): boolean => {
      if (reading === undefined) return false
      last = { definition, reading }
      const { condition } = wait
      return typeof condition === "function"
        ? condition(reading) === true
        : isValid(status) && definition.equals(value, condition)
    }
    const found = Effect.map(acceptedRow(wait, accepts), (row) => row.reading!)
    if (wait.timeout === undefined) return found
    const timeout = Duration.toMillis(wait.timeout)
    return Effect.timeoutOrElse(found, { duration: timeout, orElse: () => Effect.fail(late(wait, timeout, last)) })
  })

/** Waits until a function accepts the row of the sensor. Needs its readings meanwhile. */
const acceptedRow = ({ needs, path, table }: Wait, accepts: (row: Row) => boolean): Effect.Effect<Row> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      let needed: Row | undefined
      let release = () => {}
      return {
        /** Needs the readings of the row that the sensor has now. */
        look: (): Row | undefined => {
          const row = table.at(path)
          if (row !== needed) {
            release()
            needed = row
            release = row === undefined ? () => {} : needs.need(row)
          }
          return row
        },
        end: () => release()
      }
    }),
    ({ look }) => {
      const wait: Effect.Effect<Row> = Effect.suspend(() => {
        const row = look()
        if (row !== undefined && accepts(row)) return Effect.succeed(row)
        return Effect.andThen(table.changed(table.revision), wait)
      })
      return wait
    },
    ({ end }) => Effect.sync(end)
  )

const late = ({ condition, device, path }: Wait, timeout: number, last: Seen | undefined): KatcpError => {
  const { connected, error } = device.health
  const [, sensor] = splitPath(path)
  const known = Array.from(device.rows, ({ name }) => name)
  const missed =
    last === undefined && !connected && error !== undefined
      ? `no reading of ${sensor} was received within ${timeout} ms: ${error}`
      : missedText(sensor, condition, timeout, last, known)
  return new KatcpError({ reason: new TimedOut({ timeout, which: "call", missed }), host: device.name })
}
