/** Serves a recorded session again. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import type * as Socket from "effect/socket/Socket"
import { ParsedMessage, Parser } from "../../Codec/index.ts"
import { causeOf } from "../../Message/index.ts"
import { Ending } from "../Ending.ts"
import { stopwatch } from "../elapsed.ts"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { disconnectFirst } from "../reach/disconnectFirst.ts"
import { listen } from "../reach/listen.ts"
import { decodeEntries } from "../recording.ts"
import { Output } from "../show/Output.ts"
import { keyOf, type Script, scriptOf, withId } from "./replay/script.ts"

const config = {
  file: Argument.String("FILE").pipe(Argument.withDescription("What katcp tap --record has written")),
  listen: Flag.String("listen").pipe(
    Flag.withMetavar("PORT"),
    Flag.withDescription("Where to listen, PORT or HOST:PORT; 7147 by default"),
    Flag.withDefault("7147")
  ),
  speed: Flag.Finite("speed").pipe(
    Flag.withDescription("How much faster than recorded: 2 is twice as fast, 0 does not wait at all"),
    Flag.withDefault(1)
  ),
  access: flags.access,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const encoder = new TextEncoder()

const handler = Effect.fnUntraced(function* (input: Input) {
  yield* (yield* Ending).isService
  const files = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(files.readFileString(input.file), (error) =>
    cannotRun(`cannot read ${input.file}: ${causeOf(error)}`)
  )
  if (!(input.speed >= 0)) return yield* cannotRun("--speed is 0 or more")
  const entries = yield* Effect.fromResult(
    Result.mapError(decodeEntries(text), (fault) => cannotRun(`${input.file}: ${fault}`))
  )
  const script = scriptOf(entries)
  if (script.answers.size === 0 && script.spoken.length === 0)
    return yield* cannotRun(`${input.file} holds no message of a device`)
  const output = yield* Output
  const server = yield* listen(input.listen, input.access)
  yield* input.json
    ? output.json({ event: "listening", at: server.text, requests: script.answers.size })
    : output.note(`katcp: ${server.text} says what was recorded, to ${script.answers.size} different requests`)
  yield* output.flush
  yield* (yield* Ending).serves
  return yield* Effect.mapError(
    server.run((socket) => serve(socket, script, input.speed)),
    (error) => cannotRun(`cannot listen at ${server.text}: ${error.message}`)
  )
}, Effect.scoped)

/** `katcp replay`. */
export const replay = Command.make("replay", config, handler).pipe(
  Command.withDescription("Serve a recorded session again, as a device that says what the real one said"),
  Command.withExamples([
    { command: "katcp replay session.ndjson --listen 7148", description: "A device out of a file" }
  ])
)

/**
 * Requests of a client that may be in flight; more are read when one is answered. Not measured: the default of a
 * server (`maxInFlight`).
 */
const maxInFlight = 256

/** One client: what the device said by itself is said again at its time, requests are answered as they were. */
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
    // how often each request was asked: the next time it is answered as it was the next time
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
    // a client that has ended its half of the connection is still to have the answers to what it asked
    if (error.reason._tag === "SocketCloseError" && error.reason.code === 1000) yield* room.take(maxInFlight)
  }).pipe(Effect.scoped, Effect.ignore)
