/** Serves a simulated device. */
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as SocketServer from "effect/socket/SocketServer"
import * as Client from "../../Client/index.ts"
import { Arg, Dialect, decode } from "../../Codec/index.ts"
import { type ContractDescription, fromDescription, type Handlers, type Request } from "../../Interface/index.ts"
import { causeOf, Protocol, RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { NodeServer } from "../../Node/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import * as Server from "../../Server/index.ts"
import { FakeDevice } from "../../Testing/index.ts"
import { Ending } from "../Ending.ts"
import { stopwatch } from "../elapsed.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import * as flags from "../flags.ts"
import { connect } from "../reach/connect.ts"
import { contractOf, importedBy } from "../reach/contract.ts"
import { answer, readingsIn, sensorsOf } from "../reach/device.ts"
import { listen } from "../reach/listen.ts"
import { hostNamed } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import { type Motion, parseMotion } from "./simulate/motion.ts"

const config = {
  contract: Flag.String("contract").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Simulate a contract, as printed by katcp contract"),
    Flag.optional
  ),
  copy: Flag.String("copy").pipe(
    Flag.withMetavar("HOST"),
    Flag.withDescription("Copy a device: its requests, its sensors and their current readings"),
    Flag.optional
  ),
  listen: flags.listen("7147"),
  move: Flag.String("move").pipe(
    Flag.withMetavar("SENSOR=MOTION"),
    Flag.withDescription(
      "The motion of sensors: constant V, ramp FROM TO SECONDS, sine MEAN AMPLITUDE SECONDS, walk STEP, script V,V SECONDS; SENSOR may be a glob"
    ),
    Flag.atLeast(0)
  ),
  answer: Flag.String("answer").pipe(
    Flag.withMetavar("REQUEST=REPLY"),
    Flag.withDescription(
      "The answer to a request: ok with values, or fail with a reason; default: ok with the initial values of its types"
    ),
    Flag.atLeast(0)
  ),
  script: Flag.String("script").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Requests to make after the start, and after ?restart: one a line, # begins a comment"),
    Flag.optional
  ),
  every: flags.duration("every", "The interval of motions; default: 1s"),
  timeout: flags.timeout,
  ...flags.dialling,
  protocol: Flag.String("protocol").pipe(
    Flag.withMetavar("4.0"),
    Flag.withDescription("The protocol: of the --copy device if it does not announce one, or to speak with --contract"),
    Flag.optional
  ),
  access: flags.access,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  yield* (yield* Ending).isService
  const output = yield* Output
  const { description, readings } = yield* source(input)
  const contract = fromDescription(description)
  const protocol = yield* spokenBy(description)
  const dialect = Dialect.of(protocol)
  const answers = yield* answersOf(input.answer, contract.requests, dialect)
  const handlers = Object.fromEntries(
    [...contract.requests].map(([name, request]) => [name, answers.get(name) ?? plausible(request)])
  ) as Handlers<Request.Any>
  if (Option.contains(input.every, 0)) return yield* cannotRun("--every must be more than 0")
  const motions = yield* motionsOf(input.move, contract.sensorTypes, dialect)
  const script = Option.getOrUndefined(Option.map(input.script, (file) => resolve(file)))
  if (script !== undefined) yield* readable(script)
  const server = yield* listen(input.listen, input.access)
  const device = contract.toLayer(
    Effect.gen(function* () {
      const set = yield* contract.sensorSet
      for (const [name, reading] of readings)
        yield* Effect.ignore(set.get(name)?.setUnknown(reading.value, reading) ?? Effect.void)
      yield* Effect.forkScoped(
        move(
          set,
          motions,
          Option.getOrElse(input.every, () => 1000)
        )
      )
      return handlers
    })
  )
  const clients = Layer.succeed(SocketServer.SocketServer, server.server)
  yield* input.json
    ? output.json({
        event: "listening",
        at: server.text,
        requests: contract.requests.size,
        sensors: contract.sensorTypes.size
      })
    : output.note(
        `katcp: a device of ${contract.requests.size} requests and ${contract.sensorTypes.size} sensors at ${server.text}`
      )
  yield* output.flush
  yield* (yield* Ending).serves
  const socketServer =
    script === undefined
      ? clients
      : Layer.merge(Server.listeners(clients, NodeServer.script(script)), scriptLog(script, output))
  // the script may do everything, despite --access
  const access = script === undefined ? server.rules : [{ role: "admin" as const, listener: script }, ...server.rules]
  const serving = Server.layer(contract, { protocol, access }).pipe(
    Layer.provide(device),
    Server.launch,
    Effect.provide(socketServer),
    Effect.mapError((error) => cannotRun(`cannot serve: ${causeOf(error)}`))
  )
  // the handlers are those above, which need no services; for a contract from data the types cannot show it
  yield* serving as Effect.Effect<void, Failure>
}, Effect.scoped)

/** `katcp simulate`. */
export const simulate = Command.make("simulate", config, handler).pipe(
  Command.withDescription("Serve a simulated device: its sensors move, its requests are answered"),
  Command.withExamples([
    { command: "katcp simulate --copy dish-7 --move 'rx.*.temp=sine 70 5 60'", description: "A stand-in for a device" },
    {
      command: "katcp simulate --contract dish.json --answer 'stow=fail the brakes are on'",
      description: "One that fails"
    }
  ])
)

const readable = (file: string): Effect.Effect<unknown, Failure> =>
  Effect.tryPromise({
    try: () => readFile(file),
    catch: (error) => cannotRun(`cannot read ${file}: ${causeOf(error)}`)
  })

/** Shows the warnings about the lines of a script. */
const scriptLog = (file: string, { note }: Output["Service"]) =>
  Logger.layer([
    Logger.make(({ message }) => {
      const text = Array.isArray(message) ? message.join(" ") : String(message)
      if (text.startsWith(`${file}, line `)) Effect.runSync(note(visible(`katcp: ${text}`)))
    })
  ])

/** The newest protocol of this library: for a contract without one. */
const newest = Protocol.make(5, 1, "BIMT")

/**
 * Returns the protocol of the device. In version 4 the wire does not show if a device accepts several clients: the
 * simulated one does.
 */
const spokenBy = ({ protocol }: ContractDescription): Effect.Effect<Protocol, Failure> => {
  const spoken = protocol === undefined ? newest : Option.getOrUndefined(Protocol.parse(protocol))
  if (spoken === undefined || spoken.major < 4 || spoken.major > 5)
    return Effect.fail(cannotRun(`a device of KATCP ${protocol} cannot be simulated: versions 4 and 5 can`))
  return Effect.succeed(spoken.major === 4 ? Protocol.make(4, spoken.minor, [...spoken.flags, "M"]) : spoken)
}

/** Returns the simulated contract, and the initial readings of its sensors. */
const source = (input: Input) =>
  Effect.gen(function* () {
    const none: ReadonlyMap<string, Sensor.Reading<unknown>> = new Map()
    if (Option.isSome(input.contract) === Option.isSome(input.copy))
      return yield* cannotRun("choose the device to simulate: --contract FILE or --copy HOST")
    if (Option.isSome(input.contract)) {
      const description = yield* contractOf(input.contract.value)
      const protocol = Option.getOrUndefined(input.protocol) ?? description.protocol
      return { description: protocol === undefined ? description : { ...description, protocol }, readings: none }
    }
    const host = yield* hostNamed(input, Option.getOrThrow(input.copy))
    return yield* Effect.scoped(
      Effect.gen(function* () {
        const client: Client.Client<never, never> = yield* connect(host, input)
        // over the same connection, because some devices serve only one client
        const description: ContractDescription = yield* importedBy(client, host)
        const sensors = yield* sensorsOf(client, host)
        const { informs } = yield* answer(client, host, "sensor-value")
        return { description, readings: readingsIn(informs, sensors, client) }
      })
    )
  })

type Handler = () => Effect.Effect<unknown, RequestFailed | RequestInvalid>

const plausible = (request: Request.Any): Handler => {
  const values = FakeDevice.plausible(request)
  return () => Effect.succeed(values)
}

const split = (flag: string, text: string): Effect.Effect<readonly [string, string], Failure> => {
  const at = text.indexOf("=")
  return at <= 0
    ? Effect.fail(cannotRun(`${flag} ${JSON.stringify(text)}: write NAME=VALUE`))
    : Effect.succeed([text.slice(0, at).trim(), text.slice(at + 1).trim()])
}

/** Returns handlers with the user's answers, in wire form. */
const answersOf = (
  texts: ReadonlyArray<string>,
  requests: ReadonlyMap<string, Request.Any>,
  dialect: Dialect.Dialect
) =>
  Effect.gen(function* () {
    const handlers = new Map<string, Handler>()
    for (const text of texts) {
      const [name, reply] = yield* split("--answer", text)
      const request = requests.get(name)
      if (request === undefined)
        return yield* cannotRun(`--answer ${JSON.stringify(text)}: the device has no request ?${name}`)
      const message = yield* Effect.mapError(decode(`!${name} ${reply}`), (error) =>
        cannotRun(`--answer ${JSON.stringify(text)}: ${error.message}`)
      )
      const code = message.text(0) ?? ""
      const why = reply.slice(code.length).trim().replaceAll("\\_", " ")
      if (code === "invalid") handlers.set(name, () => Effect.fail(new RequestInvalid({ message: why })))
      else if (code !== "ok") handlers.set(name, () => Effect.fail(new RequestFailed({ code, message: why })))
      else if (request._tag === "RawRequest") handlers.set(name, () => Effect.succeed(message.arguments))
      else {
        const values = request.reply.decode(message, 1, dialect)
        if (values instanceof Arg.Invalid)
          return yield* cannotRun(`--answer ${JSON.stringify(text)}: ${values.message}`)
        handlers.set(name, () => Effect.succeed(values))
      }
    }
    return handlers
  })

/** Returns the motions of sensors by name; the last matching one applies. */
const motionsOf = (texts: ReadonlyArray<string>, sensors: ReadonlyMap<string, Sensor.Any>, dialect: Dialect.Dialect) =>
  Effect.gen(function* () {
    const motions = new Map<string, Motion>()
    for (const text of texts) {
      const [pattern, motion] = yield* split("--move", text)
      const moved = [...sensors.values()].filter(({ name }) => Client.matches(pattern, name))
      if (moved.length === 0)
        return yield* cannotRun(`--move ${JSON.stringify(text)}: the device has no sensor ${pattern}`)
      for (const sensor of moved)
        motions.set(sensor.name, yield* Effect.fromResult(parseMotion(motion, sensor, dialect)))
    }
    return motions
  })

/** Moves the sensors at each interval. */
export const move = (set: Sensor.SensorSet, motions: ReadonlyMap<string, Motion>, every: number) =>
  Effect.gen(function* () {
    const elapsed = yield* stopwatch
    const step = Effect.gen(function* () {
      const seconds = elapsed()
      for (const [name, motion] of motions) {
        const sensor = set.get(name)
        if (sensor !== undefined) yield* Effect.ignore(sensor.setUnknown(yield* motion(seconds, sensor.value)))
      }
    })
    yield* Effect.repeat(step, Sensor.every(every))
  })
