import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import type { ExporterHealth, ExporterOptions } from "../Export/programs/exporter.ts"
import { destinations } from "./harness/destinations.ts"
import { loadedDevice } from "./harness/loadedDevice.ts"
import { Program, until } from "./harness/program.ts"
import { type Trial, table } from "./Trial.ts"

/** A case. */
export interface Case {
  readonly form: ExporterOptions["form"]
  /** Changes that the ring holds. */
  readonly ringChanges: number
  readonly sensors: number
  /** Readings of each sensor a second. */
  readonly rate: number
  /** How long the destination is away. */
  readonly seconds: number
  /** Seconds before the outage, and for what is on its way at the end. Default 4: a look at the heap comes every three. */
  readonly calm?: number
  /** `true` if the ring holds all that comes while the destination is away. */
  readonly isEnough: boolean
}

/** The result. */
export interface Outcome {
  readonly outage: string
  readonly given: number
  readonly there: number
  readonly missing: number
  /** Readings that the destination has twice, or out of order. */
  readonly twice: number
  readonly lost: number
  readonly gaps: number | undefined
  /** The most that waited. */
  readonly waited: number
  readonly caughtUp: number
  readonly error: string
  /** Megabytes of the heap: before the outage, at most, and at the end. */
  readonly heap: readonly [before: number, largest: number, after: number]
}

/** Exports a device to a destination that is away for a while. Text says why there is no such destination. */
export const outage = async (
  { calm = 4, form, isEnough, rate, ringChanges, seconds, sensors }: Case,
  say: (text: string) => void
): Promise<{ readonly outcome: Outcome; readonly faults: ReadonlyArray<string> } | string> => {
  const destination = await destinations[form]()
  if (typeof destination === "string") return destination
  const device = await loadedDevice(sensors, rate)
  const exporter = new Program<ExporterHealth, ExporterOptions>(
    path.join(import.meta.dirname, "..", "Export", "programs", "exporter.ts"),
    { port: device.port, form, to: destination.to, ringChanges, size: 4_000_000 },
    ["--expose-gc"]
  )
  let waited = 0
  let largest = 0
  let error = ""
  exporter.hears = (health) => {
    waited = Math.max(waited, health.pending)
    largest = Math.max(largest, health.heap)
    error = health.error ?? error
  }
  try {
    exporter.start()
    await until(
      () => (exporter.health?.written ?? 0) >= sensors,
      120,
      `readings are written; it says: ${exporter.said}`
    )
    device.begin()
    await setTimeout(calm * 1000)
    const before = exporter.health!.heap
    await destination.stop(exporter)
    say(`${form}: ${destination.outage}`)
    await until(() => exporter.health?.ok === false, 120, "the exporter notices that the destination is away")
    await setTimeout(seconds * 1000)
    await destination.start(exporter)
    const back = performance.now()
    say(`${form}: it is back`)
    await until(() => exporter.health?.ok === true, 150, `it writes again; it says: ${exporter.health?.error}`)
    const given = (await device.end()) * sensors
    await until(() => exporter.health?.ok === true && exporter.health.pending === 0, 300, "nothing waits")
    const caughtUp = (performance.now() - back) / 1000
    // what is on its way from the device, and the next look at the heap
    await setTimeout(calm * 1000)
    const came = ({ lost, refused, written }: ExporterHealth) => written + lost + refused >= given + sensors
    await until(
      () => exporter.health !== undefined && came(exporter.health) && exporter.health.pending === 0,
      120,
      "all has come, and nothing waits"
    )
    const { heap: after, lost, refused } = exporter.health!
    await exporter.end("SIGTERM")
    const { gaps, values } = await destination.held()
    let there = 0
    let twice = 0
    for (const list of values.values()) {
      const distinct = new Set(list)
      there += distinct.size
      twice += list.length - distinct.size + (isSorted([...distinct]) ? 0 : 1)
    }
    const missing = given - there
    const name = `${form}, room for ${ringChanges}`
    const megabytes = (bytes: number) => bytes / 1e6
    return {
      outcome: {
        outage: destination.outage,
        given,
        there,
        missing,
        twice,
        lost,
        gaps,
        waited,
        caughtUp,
        error,
        heap: [megabytes(before), megabytes(largest), megabytes(after)]
      },
      faults: [
        ...(missing === lost ? [] : [`${name}: ${missing} readings are missing, and ${lost} were counted`]),
        ...(gaps === undefined || gaps === lost ? [] : [`${name}: the files say that ${gaps} are missing, of ${lost}`]),
        ...(isEnough && lost > 0 ? [`${name}: ${lost} readings were lost, though there was room`] : []),
        ...(!isEnough && lost === 0 ? [`${name}: nothing was lost: it proves nothing`] : []),
        ...(refused === 0 ? [] : [`${name}: ${refused} readings were refused`]),
        ...(form !== "otlp" && twice > 0 ? [`${name}: ${twice} readings are there twice, or out of order`] : []),
        ...(error === "" ? [`${name}: it said nothing`] : [])
      ]
    }
  } finally {
    await exporter.end("SIGKILL")
    await device.close()
    await destination.remove()
  }
}

const isSorted = (values: ReadonlyArray<number>): boolean =>
  values.every((value, at) => at === 0 || values[at - 1]! < value)

const seconds = 60
const load = { sensors: 200, rate: 15, seconds }
/** The default of the ring. */
const ringChanges = 262_144
const cases: ReadonlyArray<Case> = [
  ...(["influx", "otlp", "file"] as const).flatMap((form) => [
    { ...load, form, ringChanges, isEnough: true },
    { ...load, form, ringChanges: 60_000, isEnough: false }
  ]),
  { form: "influx", ringChanges, sensors: 500, rate: 20, seconds, isEnough: false }
]

export const trial: Trial = {
  about: `A program pushes the readings of a device to a destination. The destination fails, and works again after ${seconds} s. influxd is killed
(SIGKILL) and started again. The port of a collector (OTLP in JSON) is closed and opened. The disk of an NDJSON file, which is rotated at
4 MB, is filled and emptied. Then the trial looks for every reading. The heap is measured after a collection.`,
  takes: "12 minutes",
  run: async (say) => {
    const rows: Array<ReadonlyArray<string | number>> = []
    const faults: Array<string> = []
    for (const one of cases) {
      const found = await outage(one, say)
      if (typeof found === "string") {
        faults.push(found)
        continue
      }
      const { caughtUp, error, given, heap, lost, missing, there, twice, waited } = found.outcome
      rows.push([
        one.form,
        one.sensors * one.rate,
        one.ringChanges,
        given,
        there,
        missing,
        lost,
        twice,
        waited,
        `${caughtUp.toFixed(1)} s`,
        heap.map((megabytes) => megabytes.toFixed(0)).join(", "),
        error
          .replace(/127\.0\.0\.1:\d+/, "HOST")
          .replace(/\/\S*\/night/, "night")
          .replaceAll("|", "\\|")
      ])
      faults.push(...found.faults)
    }
    const head = [
      "to",
      "readings a second",
      "room (changes)",
      "given",
      "there",
      "missing",
      "counted as lost",
      "there twice",
      "most that waited",
      "caught up in",
      "heap before, at most, after [MB]",
      "it said meanwhile"
    ]
    return { table: table(head, rows), faults }
  }
}
