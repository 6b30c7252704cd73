/** Files of readings: their sensors, and their duration. Files are read a part at a time, and never kept in memory. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import { Arg } from "../../../Codec/index.ts"
import { causeOf } from "../../../Message/index.ts"
import * as Sensor from "../../../Sensor/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import { objectOf, type ReadingLine, readingOf } from "../../readingLine.ts"

/** A line of a file of readings. */
export type Event =
  | { readonly _tag: "Reading"; readonly reading: ReadingLine }
  | { readonly _tag: "Removed"; readonly device: string | undefined; readonly name: string }
  | { readonly _tag: "Lost"; readonly lost: number }
  /** The first line of a file. */
  | { readonly _tag: "Head" }

/** The types of sensors on the wire. */
const types: ReadonlySet<string> = new Set<Arg.SensorType>([
  "integer",
  "float",
  "boolean",
  "lru",
  "timestamp",
  "discrete",
  "address",
  "string"
])

/** Returns the event of a line, `undefined` for a line without anything to play back, or its fault. */
const eventOf = (line: Record<string, unknown>): Event | string | undefined => {
  const { device, event, katcp, lost, name } = line
  if (katcp !== undefined)
    return katcp === 1
      ? { _tag: "Head" }
      : `the file has version ${JSON.stringify(katcp)}, and this program reads version 1`
  if (event === "lost") return { _tag: "Lost", lost: typeof lost === "number" ? lost : 0 }
  if (event === "removed" && typeof name === "string")
    return { _tag: "Removed", device: typeof device === "string" ? device : undefined, name }
  const reading = readingOf(line)
  if (reading === undefined || typeof reading === "string") return reading
  return types.has(reading.type)
    ? { _tag: "Reading", reading }
    : `${JSON.stringify(reading.type)} is not a type of a sensor`
}

/**
 * Reads the lines of a file, some at a time. Fails for a malformed line. A truncated last line, for example from a
 * killed program, is ignored.
 */
export const walk = <E, R>(
  file: string,
  visit: (events: ReadonlyArray<Event>) => Effect.Effect<unknown, E, R>
): Effect.Effect<void, E | Failure, R | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    let number = 0
    let torn: string | undefined
    const eventsOf = (lines: ReadonlyArray<string>): ReadonlyArray<Event> | string => {
      const events: Array<Event> = []
      for (const line of lines) {
        number++
        if (line.trim() === "") continue
        // only the last line may be truncated
        if (torn !== undefined) return torn
        const json = objectOf(line)
        if (json === undefined) {
          torn = `${file}:${number}: the line is not JSON`
          continue
        }
        const event = eventOf(json)
        if (typeof event === "string") return `${file}:${number}: ${event}`
        if (event !== undefined) events.push(event)
      }
      return events
    }
    yield* files.stream(file).pipe(
      Stream.mapError((error) => cannotRun(`cannot read ${file}: ${causeOf(error)}`)),
      Stream.decodeText,
      Stream.splitLines,
      Stream.runForEachArray((lines): Effect.Effect<unknown, E | Failure, R> => {
        const events = eventsOf(lines)
        return typeof events === "string" ? Effect.fail(cannotRun(events)) : visit(events)
      })
    )
  })

/** The time between readings, by their times of arrival. It never goes back, and there is no wait between two files. */
export class Course {
  /** Seconds from the first reading to the current one. */
  seconds = 0
  private before: number | undefined

  /** Takes the time of the next reading. */
  next(received: number): void {
    if (this.before !== undefined) this.seconds += Math.max(0, received - this.before)
    this.before = received
  }

  /** Takes the beginning of a file. */
  begin(): void {
    this.before = undefined
  }
}

/** The definitions of one name: usually one. Each with the words of its values. */
type Kinds = Map<string, { readonly type: Arg.SensorType; readonly units: string; readonly words: Set<string> }>

const kindOf = ({ type, units }: ReadingLine): string => `${type} ${units}`

const argOf = (type: Arg.SensorType, words: ReadonlySet<string>): Arg.Any => {
  switch (type) {
    case "integer":
      return Arg.Int
    case "float":
      return Arg.Float
    case "boolean":
      return Arg.Boolean
    case "lru":
      return Arg.Lru
    case "timestamp":
      return Arg.Timestamp
    case "address":
      return Arg.Address
    case "string":
      return Arg.Text
    case "discrete":
      return Arg.DiscreteOf(words.size === 0 ? ["unknown"] : [...words])
  }
}

/** Files of readings, after reading all of them. */
export interface Recorded {
  /** The files, oldest first. */
  readonly files: ReadonlyArray<string>
  /** The devices in them. */
  readonly devices: ReadonlyArray<string>
  /** The first definitions of the sensors. */
  readonly sensors: ReadonlyArray<Sensor.Any>
  /** The number of readings. */
  readonly readings: number
  /** The number of readings that are missing according to the files. */
  readonly lost: number
  /** Seconds from the first reading to the last. */
  readonly seconds: number
  /** The earliest timestamp, in seconds since 1970. */
  readonly earliest: number
  /** `true` if a line is about a device of the playback. */
  readonly has: (line: { readonly device: string | undefined }) => boolean
  /** Returns the served name of a sensor: with its device as a prefix if there are several. */
  readonly nameOf: (line: { readonly device: string | undefined; readonly name: string }) => string
  /** Returns the definition of the sensor of a reading. */
  readonly definitionOf: (reading: ReadingLine) => Sensor.Any
}

/** Reads files of readings, for one device or for all. */
export const look = Effect.fnUntraced(function* (files: ReadonlyArray<string>, device: string | undefined) {
  const has = (line: { readonly device: string | undefined }) => device === undefined || line.device === device
  const devices = new Map<string, Map<string, Kinds>>()
  const walked: Array<{ readonly file: string; readonly begun: number; readonly course: Course }> = []
  let readings = 0
  let lost = 0
  let earliest = Number.POSITIVE_INFINITY
  for (const file of files) {
    let begun: number | undefined
    const course = new Course()
    yield* walk(file, (events) =>
      Effect.sync(() => {
        for (const event of events) {
          if (event._tag === "Lost") lost += event.lost
          if (event._tag !== "Reading" || !has(event.reading)) continue
          const { reading } = event
          readings++
          begun ??= reading.received
          earliest = Math.min(earliest, reading.timestamp)
          course.next(reading.received)
          const sensors = within(devices, reading.device ?? "", () => new Map<string, Kinds>())
          const kinds = within(sensors, reading.name, (): Kinds => new Map())
          const { words } = within(kinds, kindOf(reading), () => ({
            type: reading.type as Arg.SensorType,
            units: reading.units,
            words: new Set<string>()
          }))
          if (reading.type === "discrete" && typeof reading.value === "string") words.add(reading.value)
        }
      })
    )
    walked.push({ file, begun: begun ?? Number.POSITIVE_INFINITY, course })
  }
  walked.sort((one, other) => one.begun - other.begun)
  const nameOf = (line: { readonly device: string | undefined; readonly name: string }) =>
    devices.size > 1 && line.device !== undefined ? `${line.device}.${line.name}` : line.name
  const definitions = new Map<string, Map<string, Sensor.Any>>()
  for (const [device, sensors] of devices)
    for (const [name, kinds] of sensors) {
      const served = nameOf({ device, name })
      const made = within(definitions, served, () => new Map<string, Sensor.Any>())
      for (const [kind, { type, units, words }] of kinds)
        made.set(kind, Sensor.remote(served, { type: argOf(type, words) as Arg.Arg<unknown>, units }))
    }
  return {
    files: walked.map(({ file }) => file),
    devices: [...devices.keys()],
    sensors: [...definitions.values()].map((kinds) => [...kinds.values()][0]!),
    readings,
    lost,
    seconds: walked.reduce((sum, { course }) => sum + course.seconds, 0),
    earliest,
    has,
    nameOf,
    definitionOf: (reading: ReadingLine) => definitions.get(nameOf(reading))!.get(kindOf(reading))!
  } satisfies Recorded
})

/** Returns the value of a key in a map, made first if necessary. */
const within = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
