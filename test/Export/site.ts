/** A site without connections, whose table a test fills. */
import * as Effect from "effect/Effect"
import { Client, Codec, Sensor } from "katcp"
import { type DeviceHealth, type Limits, Site, type SiteDevice, type SiteShape } from "katcp/Site"

/** The health of a device that is connected. */
export const healthy: DeviceHealth = {
  device: "",
  address: undefined,
  state: "Synced",
  connected: true,
  synced: true,
  since: 0,
  syncedAt: 0,
  error: undefined,
  protocol: undefined,
  losses: 0,
  sensors: 0,
  refused: 0,
  readings: 0,
  lag: undefined,
  anomalies: {} as DeviceHealth["anomalies"]
}

/** A site with devices of these names, and what fills its table. */
export const siteWith = Effect.fnUntraced(function* (
  names: ReadonlyArray<string> = ["m000"],
  limits: Limits = {},
  health: Partial<DeviceHealth> = {}
) {
  const made = yield* Site.make({ limits })
  const devices = new Map(
    names.map((name) => [name, { name, health: { ...healthy, device: name, ...health } } as SiteDevice])
  )
  const site: SiteShape = { ...made, devices }
  const { table } = site
  return {
    site,
    devices,
    table,
    /** Adds a sensor, whatever its name. */
    add: (
      name: string,
      type: Sensor.Any["type"],
      options: { readonly device?: string; readonly units?: string; readonly doc?: string } = {}
    ) => {
      const { device = "m000", doc = "", units = "" } = options
      const definition: Sensor.Any = Sensor.remote(name, { type, units, doc })
      table.add(device, definition)
      return { device, definition }
    },
    /** Gives a sensor a reading, by the text of its value. */
    set: (
      { definition, device }: { readonly device: string; readonly definition: Sensor.Any },
      latin1: string | undefined,
      status: Sensor.Status = "nominal",
      timestamp = 1_800_000_000.5,
      received = timestamp
    ) =>
      table.receive(
        device,
        definition,
        new Client.WireReading(definition, timestamp, status, received, latin1, Codec.Dialect.v5)
      )
  }
})
