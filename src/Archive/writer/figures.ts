import { Arg } from "../../Codec/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Figure } from "../../Site/index.ts"
import type { WriterHealth } from "./Health.ts"

/** The range of counters: in version 4, numbers must have a range. */
const counts = [0, Number.MAX_SAFE_INTEGER] as const

/** The health of the writer, as sensors `archive.…` of a proxy and metrics `katcp_archive_…`. */
export const figuresOf = (health: () => WriterHealth): ReadonlyArray<Figure> => {
  const count = (
    name: string,
    doc: string,
    of: (health: WriterHealth) => number,
    status: (value: number | bigint) => "nominal" | "warn" | "error" = () => "nominal"
  ): Figure => ({
    sensor: Sensor.make(`archive.${name}`, { type: Arg.Int, nominal: counts, doc, statusFrom: status }),
    metric: `katcp_archive_${name.replaceAll("-", "_")}`,
    read: () => of(health())
  })
  const warned = (value: number | bigint) => (value > 0 ? "warn" : "nominal")
  return [
    {
      sensor: Sensor.make("archive.ok", {
        type: Arg.Boolean,
        doc: "1 if the store of the archive is writable.",
        statusFrom: (ok) => (ok ? "nominal" : "error")
      }),
      metric: "katcp_archive_ok",
      read: () => health().ok
    },
    {
      sensor: Sensor.make("archive.error", {
        type: Arg.Text,
        doc: "The reason why the store of the archive is not writable; empty if it is.",
        statusFrom: (text) => (text === "" ? "nominal" : "error")
      }),
      read: () => health().error ?? ""
    },
    count("rows", "Readings that the store has acknowledged since the archive began.", ({ written }) => written),
    count("backlog", "Readings that wait for the store, in memory and in the spill.", ({ waiting }) => waiting),
    count("backlog-bytes", "Bytes that these readings take.", ({ waitingBytes }) => waitingBytes),
    count("spilled", "Readings that wait in the spill.", ({ spilled }) => spilled, warned),
    count(
      "lost",
      "Readings that were lost since the archive began, because there was no room to wait.",
      ({ lost }) => lost,
      (lost) => (lost > 0 ? "error" : "nominal")
    ),
    count(
      "clock-ahead",
      "Seconds that the clock is ahead of the time by which old data are dropped; 0 if the clock is trusted.",
      ({ clockAhead }) => Math.round(clockAhead),
      warned
    )
  ]
}
