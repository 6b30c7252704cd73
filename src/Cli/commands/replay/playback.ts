/** Plays recorded readings back, by a device with nothing else. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as SocketServer from "effect/socket/SocketServer"
import { Arg, Dialect } from "../../../Codec/index.ts"
import * as Interface from "../../../Interface/index.ts"
import { encodeText } from "../../../Message/index.ts"
import * as Sensor from "../../../Sensor/index.ts"
import * as Server from "../../../Server/index.ts"
import { stopwatch } from "../../elapsed.ts"
import type { ReadingLine } from "../../readingLine.ts"
import { Course, type Event, type Recorded, walk } from "./recorded.ts"

/** Options of a playback. */
export interface Playing {
  /** The speed relative to the recording; 0 does not wait. */
  readonly speed: number
  /** `true` if readings get the current time. */
  readonly isNow: boolean
}

/** The readings that are set before other work gets its turn. Not measured: as many as a device sends at a time. */
const mostAtOnce = 256

/** The counts of a playback. */
interface Played {
  readonly readings: number
  /** Readings with values that the sensor cannot have. */
  readonly leftOut: number
}

/** Sets the sensors to their readings, each at its time, from the first to the last. */
export const play = Effect.fnUntraced(function* (recorded: Recorded, set: Sensor.SensorSet, { isNow, speed }: Playing) {
  const clock = yield* Clock.Clock
  const elapsed = yield* stopwatch
  const begun = clock.currentTimeMillisUnsafe() / 1000
  const course = new Course()
  const played = { readings: 0, leftOut: 0 }
  /** The current time of a reading. */
  const due = () => (speed === 0 ? begun - recorded.seconds + course.seconds : begun + course.seconds / speed)
  const take = (reading: ReadingLine): void => {
    const definition = recorded.definitionOf(reading)
    const there = set.get(definition.name)
    const live =
      there?.definition === definition
        ? there
        : set.addUnsafe(Sensor.LiveSensor.makeUnsafe<unknown>(definition, reading.timestamp))
    const { status, timestamp } = reading
    const value = reading.value === undefined ? live.value : valueOf(definition, reading.value)
    const time = isNow ? timestamp - reading.received + due() : timestamp
    if (value instanceof Arg.Invalid || Arg.faultOf(definition.type, value) !== undefined) played.leftOut++
    else {
      live.setUnsafe(value, status, time)
      played.readings++
    }
  }
  let turn = 0
  const playEvents = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
    for (const event of events) {
      if (event._tag === "Head") course.begin()
      if (event._tag === "Removed" && recorded.has(event)) set.removeUnsafe(recorded.nameOf(event))
      if (event._tag !== "Reading" || !recorded.has(event.reading)) continue
      course.next(event.reading.received)
      const wait = speed === 0 ? 0 : course.seconds / speed - elapsed()
      if (wait > 0) {
        yield* Effect.sleep(wait * 1000)
        turn = 0
      } else if (++turn % mostAtOnce === 0) yield* Effect.yieldNow
      take(event.reading)
    }
  })
  for (const file of recorded.files) yield* walk(file, playEvents)
  return played satisfies Played
})

/** The value of a sensor in the form of its type. */
const valueOf = (definition: Sensor.Any, value: NonNullable<ReadingLine["value"]>): unknown =>
  definition.type.sensorType === "address"
    ? Arg.decodeArgument(Arg.Address, encodeText(String(value)), Dialect.v5)
    : value

const contract = Interface.make("replay")

/**
 * Serves a device with the sensors of a recording, and runs an effect with them after the first client has connected.
 * Until then they are `unknown`, with the earliest timestamp of the recording. Slow clients get the newest reading of
 * each sensor.
 */
export const serveReadings = <E, R>(
  recorded: Recorded,
  {
    rules,
    server
  }: { readonly rules: ReadonlyArray<Server.Access.Rule>; readonly server: SocketServer.SocketServer["Service"] },
  begin: (set: Sensor.SensorSet) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function* () {
    const first = yield* Latch.make()
    const device = contract.toLayer(
      Effect.gen(function* () {
        const set = yield* contract.sensorSet
        for (const definition of recorded.sensors)
          set.addUnsafe(Sensor.LiveSensor.makeUnsafe<unknown>(definition, recorded.earliest))
        yield* Effect.forkScoped(Effect.andThen(first.await, begin(set)))
        return {}
      })
    )
    const clients = Layer.succeed(SocketServer.SocketServer, {
      ...server,
      run: (handler) => server.run((socket) => Effect.andThen(first.open, handler(socket)))
    })
    return yield* Server.layer(contract, { slowClient: "conflate", access: rules }).pipe(
      Layer.provide(device),
      Server.launch,
      Effect.provide(clients)
    )
  })
