/** Serves a recording: a session, or readings. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type * as Socket from "effect/socket/Socket"
import { ParsedMessage, Parser } from "../../Codec/index.ts"
import { causeOf } from "../../Message/index.ts"
import type { SensorSet } from "../../Sensor/index.ts"
import { Ending } from "../Ending.ts"
import { stopwatch } from "../elapsed.ts"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { disconnectFirst } from "../reach/disconnectFirst.ts"
import { listen } from "../reach/listen.ts"
import { objectOf } from "../readingLine.ts"
import { decodeEntries } from "../recording.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import { play, serveReadings } from "./replay/playback.ts"
import { look } from "./replay/recorded.ts"
import { keyOf, type Script, scriptOf, withId } from "./replay/script.ts"

const config = {
  files: Argument.String("FILE").pipe(
    Argument.withDescription(
      "A recording of katcp tap, or readings: files of katcp export ndjson, also rotated ones, or the output of katcp monitor --json"
    ),
    Argument.atLeast(1)
  ),
  listen: flags.listen("7147"),
  speed: Flag.Finite("speed").pipe(
    Flag.withDescription("The speed: 2 is twice as fast as recorded, 0 does not wait at all"),
    Flag.withDefault(1)
  ),
  device: Flag.String("device").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("For readings: the device to play back; default: all, as DEVICE.SENSOR if there are several"),
    Flag.optional
  ),
  now: Flag.Boolean("now").pipe(
    Flag.withDescription("For readings: replace their times with the current time"),
    Flag.withDefault(false)
  ),
  loop: Flag.Boolean("loop").pipe(
    Flag.withDescription("For readings: begin again at the end; default: the last ones stay"),
    Flag.withDefault(false)
  ),
  delay: flags.duration(
    "delay",
    "For readings: the delay from the first client to the first reading, for the client to set its sampling; default: 1s"
  ),
  access: flags.access,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const encoder = new TextEncoder()

const handler = Effect.fnUntraced(function* (input: Input) {
  yield* (yield* Ending).isService
  if (!(input.speed >= 0)) return yield* cannotRun("--speed must be 0 or more")
  const file = input.files[0]!
  return yield* (yield* holdsReadings(file)) ? readings(input) : session(input, file)
}, Effect.scoped)

/** Returns `true` if a file has readings and not a session. */
const holdsReadings = (file: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const first = yield* files.stream(file).pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.filter((line) => line.trim() !== ""),
      Stream.take(1),
      Stream.runCollect
    )
    const json = objectOf(first[0] ?? "")
    return json !== undefined && !("connection" in json)
  }).pipe(Effect.mapError((error) => cannotRun(`cannot read ${file}: ${causeOf(error)}`)))

/** Serves a recorded session. */
const session = Effect.fnUntraced(function* (input: Input, file: string) {
  if (input.files.length > 1) return yield* cannotRun("a recorded session must be one file")
  const given = {
    device: Option.isSome(input.device),
    now: input.now,
    loop: input.loop,
    delay: Option.isSome(input.delay)
  }
  for (const [flag, is] of Object.entries(given))
    if (is) return yield* cannotRun(`--${flag} is for readings; ${file} is a recorded session`)
  const files = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(files.readFileString(file), (error) =>
    cannotRun(`cannot read ${file}: ${causeOf(error)}`)
  )
  const entries = yield* Effect.fromResult(
    Result.mapError(decodeEntries(text), (fault) => cannotRun(`${file}: ${fault}`))
  )
  const script = scriptOf(entries)
  if (script.answers.size === 0 && script.spoken.length === 0)
    return yield* cannotRun(`${file} has no message of a device`)
  const output = yield* Output
  const server = yield* listen(input.listen, input.access)
  yield* input.json
    ? output.json({ event: "listening", at: server.text, requests: script.answers.size })
    : output.note(
        `katcp: ${server.text} replays the recording, with answers to ${script.answers.size} different requests`
      )
  yield* output.flush
  yield* (yield* Ending).serves
  return yield* Effect.mapError(
    server.run((socket) => serve(socket, script, input.speed)),
    (error) => cannotRun(`cannot listen on ${server.text}: ${error.message}`)
  )
})

/** Serves a device that plays readings back. */
const readings = Effect.fnUntraced(function* ({ delay, device, files, json, ...input }: Input) {
  if (input.loop && input.speed === 0) return yield* cannotRun("--loop needs a --speed of more than 0")
  const output = yield* Output
  const name = Option.getOrUndefined(device)
  const recorded = yield* output.busy(`reading ${files.join(", ")}`, look(files, name))
  if (recorded.readings === 0)
    return yield* cannotRun(
      `${files.join(", ")}: there is no reading${name === undefined ? "" : ` of ${visible(name)}`}`
    )
  const server = yield* listen(input.listen, input.access)
  const { devices, lost, seconds, sensors } = recorded
  const missing = lost === 0 ? "" : `; ${lost} more are missing`
  yield* json
    ? output.json({
        event: "listening",
        at: server.text,
        devices,
        sensors: sensors.length,
        readings: recorded.readings,
        seconds,
        lost
      })
    : output.note(
        `katcp: ${server.text} plays back ${recorded.readings} readings of ${sensors.length} sensors${missing}; it begins with the first client`
      )
  yield* output.flush
  yield* (yield* Ending).serves
  const once = (set: SensorSet) =>
    Effect.gen(function* () {
      const { leftOut, readings } = yield* play(recorded, set, { speed: input.speed, isNow: input.now })
      const without = leftOut === 0 ? "" : `; ${leftOut} did not fit their sensors`
      yield* json
        ? output.json({ event: "played", readings, leftOut })
        : output.note(`katcp: ${readings} readings were played back${without}`)
    })
  return yield* serveReadings(recorded, server, (set) =>
    Effect.sleep(Option.getOrElse(delay, () => 1000)).pipe(
      Effect.andThen(input.loop ? Effect.forever(once(set)) : once(set)),
      Effect.catch(({ message }) => output.note(`katcp: ${message}; the playback ends here`))
    )
  ).pipe(Effect.mapError((error) => cannotRun(`cannot serve: ${causeOf(error)}`)))
})

/** `katcp replay`. */
export const replay = Command.make("replay", config, handler).pipe(
  Command.withDescription("Serve a recording as a device: a session with its answers, or readings"),
  Command.withExamples([
    { command: "katcp replay session.ndjson --listen 7148", description: "A recorded session as a device" },
    {
      command: "katcp replay night*.ndjson --speed 10",
      description: "A night of readings, ten times as fast"
    }
  ])
)

/**
 * The number of requests of a client in flight; more are read when one is answered. Not measured: the default of a
 * server (`maxInFlight`).
 */
const maxInFlight = 256

/**
 * Serves one client: unsolicited output of the device is repeated at its time, and requests are answered as recorded.
 */
export const serve = (socket: Socket.Socket, script: Script, speed: number) =>
  Effect.gen(function* () {
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    const elapsed = yield* stopwatch
    const sleep = (seconds: number) =>
      speed === 0 || seconds <= 0 ? Effect.void : Effect.sleep((seconds * 1000) / speed)
    const speak = Effect.forEach(
      script.spoken,
      ({ after, line }) =>
        Effect.gen(function* () {
          yield* sleep(after - elapsed() * speed)
          yield* write(line)
        }),
      { discard: true }
    )
    // the number of times that each request was made: each time it gets the next recorded answer
    const asked = new Map<string, number>()
    const answer = (request: ParsedMessage) =>
      Effect.gen(function* () {
        const answers = script.answers.get(keyOf(request))
        if (answers === undefined)
          return yield* write(
            encoder.encode(
              `!${request.name}${request.id === undefined ? "" : `[${request.id}]`} invalid Not\\_in\\_the\\_recording.\n`
            )
          )
        const time = asked.get(keyOf(request)) ?? 0
        asked.set(keyOf(request), time + 1)
        let before = 0
        for (const { after, message } of answers[Math.min(time, answers.length - 1)]!) {
          yield* sleep(after - before)
          before = after
          yield* write(withId(message, request.id))
        }
      })
    const room = yield* Semaphore.make(maxInFlight)
    const listenTo = Effect.gen(function* () {
      const parser = new Parser()
      while (true) {
        for (const chunk of yield* pull) {
          parser.feed(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
          for (let next = parser.next(); next !== undefined; next = parser.next()) {
            if (!(next instanceof ParsedMessage && next.kind === "request")) continue
            const request = next.own()
            yield* room.take(1)
            yield* Effect.forkScoped(Effect.ensuring(answer(request), room.release(1)), { startImmediately: true })
          }
        }
      }
    })
    yield* Effect.forkScoped(speak, { startImmediately: true })
    const error = yield* disconnectFirst(Effect.flip(listenTo), "The replay has ended.", { write })
    // a client that has ended its half of the connection still gets the answers to its requests
    if (error.reason._tag === "SocketCloseError" && error.reason.code === 1000) yield* room.take(maxInFlight)
  }).pipe(Effect.scoped, Effect.ignore)
