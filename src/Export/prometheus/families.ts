/** The exported metrics: their names never change, and devices and sensors are in their labels. */
import type { DeviceHealth } from "../../Site/index.ts"

/** The text formats: that of Prometheus (0.0.4), and OpenMetrics 1.0. */
export type Format = "plain" | "openmetrics"

/** One metric with all its samples. */
export interface Family {
  /** The name of its samples. */
  readonly sample: string
  readonly kind: "gauge" | "counter" | "stateset" | "info"
  readonly help: string
}

/** The metrics of sensors, in the order of the text. */
export const sensorFamilies = {
  value: {
    sample: "katcp_sensor_value",
    kind: "gauge",
    help: "The value of a sensor, if its status is nominal, warn or error."
  },
  status: {
    sample: "katcp_sensor_status",
    kind: "gauge",
    help: "0 unknown, 1 nominal, 2 warn, 3 error, 4 failure, 5 unreachable, 6 inactive."
  },
  timestamp: {
    sample: "katcp_sensor_timestamp_seconds",
    kind: "gauge",
    help: "The time of the reading by the clock of the device."
  },
  state: {
    sample: "katcp_sensor_state",
    kind: "stateset",
    help: "The option that a discrete sensor has, if its status is nominal, warn or error."
  },
  info: { sample: "katcp_sensor_info", kind: "info", help: "Type, units and description of a sensor." },
  text: { sample: "katcp_sensor_text_info", kind: "info", help: "The value of a sensor that is text." }
} as const satisfies Record<string, Family>

/** The metrics of devices, each with a function that reads it. */
export const deviceFamilies: ReadonlyArray<Family & { readonly read: (health: DeviceHealth) => number | undefined }> = [
  {
    sample: "katcp_device_up",
    kind: "gauge",
    help: "1 if the device is connected.",
    read: ({ connected }) => (connected ? 1 : 0)
  },
  {
    sample: "katcp_device_synced",
    kind: "gauge",
    help: "1 if all sensors of the device are known and sampled.",
    read: ({ synced }) => (synced ? 1 : 0)
  },
  {
    sample: "katcp_device_lag_seconds",
    kind: "gauge",
    help: "The time from the last change of a sensor to its arrival; clocks that differ show here.",
    read: ({ lag }) => lag
  },
  { sample: "katcp_device_sensors", kind: "gauge", help: "Sensors of the device.", read: ({ sensors }) => sensors },
  {
    sample: "katcp_device_readings_total",
    kind: "counter",
    help: "Readings that came from the device.",
    read: ({ readings }) => readings
  },
  {
    sample: "katcp_device_losses_total",
    kind: "counter",
    help: "The number of times that the device was lost.",
    read: ({ losses }) => losses
  }
]

/** In OpenMetrics a family has the name of its samples, without the suffix of its kind. */
const suffixes: Readonly<Record<Family["kind"], string>> = { gauge: "", stateset: "", counter: "_total", info: "_info" }

/** Returns the lines before the samples of a family. */
export const headOf = ({ help, kind, sample }: Family, format: Format): string => {
  const isOpen = format === "openmetrics"
  const name = isOpen ? sample.slice(0, sample.length - suffixes[kind].length) : sample
  const type = isOpen || kind === "counter" ? kind : "gauge"
  const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
  return `# HELP ${name} ${isOpen ? text.replaceAll('"', '\\"') : text}\n# TYPE ${name} ${type}\n`
}
