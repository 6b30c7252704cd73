/** Sends requests to one device or several. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Codec from "../../Codec/index.ts"
import { quoteText } from "../../Message/index.ts"
import { cannotRun, Exited, exitCodes, type Failure } from "../Failure.ts"
import * as flags from "../flags.ts"
import { inputLines } from "../input.ts"
import { logger as makeLogger } from "../logger.ts"
import { hostOf, hostsNamed } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { type Answers, answersForPeople } from "./call/answers.ts"
import { type Asked, ask } from "./call/ask.ts"
import { answersForDevice } from "./call/relayed.ts"

const config = {
  words: flags.words(
    "HOST REQUEST ARG",
    "The device, the request and its arguments; use - as REQUEST to read requests from standard input"
  ),
  ...flags.reaching,
  json: flags.json,
  id: Flag.Int("id").pipe(Flag.withDescription("The id of the request; default: the next number"), Flag.optional),
  raw: Flag.Boolean("raw").pipe(
    Flag.withAlias("r"),
    Flag.withDescription("Read and print arguments with the escapes of KATCP"),
    Flag.withDefault(false)
  ),
  hex: Flag.Boolean("hex").pipe(
    Flag.withAlias("x"),
    Flag.withDescription(
      "Read arguments like 0x0a1b as bytes, and print arguments with control characters in this form"
    ),
    Flag.withDefault(false)
  ),
  print: Flag.Int("print").pipe(
    Flag.withAlias("p"),
    Flag.withMetavar("N"),
    Flag.withDescription("Print only argument N of an ok reply; 1 is the first after the code"),
    Flag.optional
  ),
  bytes: Flag.Boolean("bytes").pipe(
    Flag.withAlias("b"),
    Flag.withDescription("With --print: write the raw bytes of the argument, without a line end"),
    Flag.withDefault(false)
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Print only errors"),
    Flag.withDefault(false)
  ),
  informs: Flag.Boolean("informs").pipe(
    Flag.withAlias("i"),
    Flag.withDescription("Also show asynchronous informs received meanwhile: #log, #sensor-status, …"),
    Flag.withoutNegation,
    Flag.withDefault(false)
  ),
  noInforms: Flag.Boolean("no-informs").pipe(
    Flag.withDescription("Hide all informs, including those of the request"),
    Flag.withDefault(false)
  ),
  noReply: Flag.Boolean("no-reply").pipe(
    Flag.withDescription("Hide the reply; a failure goes to standard error"),
    Flag.withDefault(false)
  ),
  katcp: Flag.Boolean("katcp").pipe(
    Flag.withAlias("k"),
    Flag.withDescription(
      "For a device that relays the output: print messages in wire form, without ids, and errors as #log"
    ),
    Flag.withDefault(false)
  ),
  munge: Flag.Boolean("munge").pipe(
    Flag.withAlias("m"),
    Flag.withDescription("Like --katcp, with the reply as a #log record under its name: debug if ok, otherwise warn"),
    Flag.withDefault(false)
  ),
  label: Flag.String("label").pipe(
    Flag.withAlias("l"),
    Flag.withMetavar("NAME"),
    Flag.withDescription("With --katcp: the logger name of errors; default: KATCP_LABEL, otherwise root"),
    Flag.optional
  ),
  each: Flag.String("each").pipe(
    Flag.withMetavar("HOST,HOST"),
    Flag.withDescription("Call all of these devices, 16 at a time; omit HOST then"),
    Flag.optional
  )
}

type Input = Command.Command.Config.Infer<typeof config>

/**
 * Devices that are called at once. Not measured: enough that a silent device does not delay a site, and few enough file
 * descriptors.
 */
const parallel = 16

const handler = Effect.fnUntraced(function* (input: Input) {
  const forDevice = input.katcp || input.munge
  const contradiction = contradictionIn(input, forDevice)
  if (contradiction !== undefined) return yield* cannotRun(contradiction)
  const output = yield* Output
  // the relaying device may have another version than the called one
  const logger = forDevice ? yield* makeLogger({ subsystem: input.label, protocol: Option.none() }) : undefined
  const answers = logger === undefined ? answersForPeople(input, output) : answersForDevice(input, logger)
  const code = yield* Effect.catch(askAll(input, answers), (failure) =>
    Effect.as(answers.fault(failure), failure.exitCode)
  )
  if (code !== exitCodes.ok) return yield* new Exited({ code })
})

/** `katcp call`. */
export const call = Command.make("call", config, handler).pipe(
  Command.withDescription("Send a request, and print its informs as they arrive, and its reply"),
  Command.withExamples([
    { command: "katcp call dish-7 watchdog", description: "Check that the device answers" },
    { command: "katcp call dish-7:7148 track 10.0 45.5", description: "With arguments" },
    { command: "katcp call board-3 read sys_clk --print 1", description: "One value, for a script" },
    { command: "katcp call --each dish-1,dish-2 stow", description: "Several devices at once" }
  ])
)

/** Returns the fault of flags that contradict each other. */
const contradictionIn = (
  { bytes, informs, json, label, noInforms, print }: Input,
  forDevice: boolean
): string | undefined => {
  if (bytes && Option.isNone(print)) return "--bytes needs --print N: the argument whose bytes are printed"
  if (bytes && json) return "--bytes and --json contradict each other"
  if (forDevice && json) return "--katcp and --json contradict each other: the output is one or the other"
  if (forDevice && Option.isSome(print))
    return "--katcp and --print contradict each other: the output is one or the other"
  if (informs && noInforms) return "--informs and --no-informs contradict each other"
  if (!forDevice && Option.isSome(label)) return "--label needs --katcp or --munge: only they print #log records"
  return undefined
}

/** Calls all devices. Returns the worst exit code. */
const askAll = (input: Input, answers: Answers): Effect.Effect<number, Failure, Output> =>
  Effect.gen(function* () {
    const { hosts, words } = yield* targets(input)
    const [first, ...args] = words
    if (first === undefined) return yield* cannotRun("name a request, or use - to read requests from standard input")
    const asked = first === "-" ? yield* fromInput(hosts.length) : Stream.fromEffect(yourself(first, args, input))
    const codes = yield* Effect.forEach(
      hosts,
      (host) => Effect.scoped(ask(host, asked, input, answers, hosts.length > 1)),
      { concurrency: parallel }
    )
    return codes.reduce((one, other) => Math.max(one, other), exitCodes.ok as number)
  })

/** Returns the requests on standard input: as they arrive for one device, or all together for several. */
const fromInput = (hosts: number): Effect.Effect<Stream.Stream<Asked, Failure>, Failure> => {
  const requests = inputLines.pipe(
    Stream.zipWithIndex,
    Stream.filter(([line]) => line.trim() !== ""),
    // some editors begin a file with a byte order mark
    Stream.mapEffect(([line, index]) => parse(line.replace(/^\ufeff/, ""), `line ${index + 1}: `))
  )
  if (hosts === 1) return Effect.succeed(requests)
  return Effect.map(Stream.runCollect(requests), (all) => Stream.fromIterable(all))
}

const targets = (input: Input) =>
  Effect.gen(function* () {
    const { each, words } = input
    if (Option.isNone(each)) {
      const { host, rest } = yield* hostOf(input, words)
      return { hosts: [host], words: rest }
    }
    const hosts = yield* Effect.forEach(each.value.split(","), (text) => hostsNamed(input, text.trim()))
    return { hosts: hosts.flat(), words }
  })

const yourself = (name: string, args: ReadonlyArray<string>, input: Input): Effect.Effect<Asked, Failure> =>
  input.raw
    ? parse([name, ...args].join(" "))
    : Effect.succeed({ name: name.replace(/^\?/, ""), values: input.hex ? args.map(fromHex) : args })

const fromHex = (text: string): string | Uint8Array =>
  /^0x(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.slice(2), "hex") : text

/** Parses a request in wire form, with or without its `?`. */
const parse = (line: string, place = ""): Effect.Effect<Asked, Failure> =>
  Effect.mapError(
    Effect.map(Codec.decode(line.startsWith("?") ? line : `?${line}`), (message) => ({
      name: message.name,
      values: message.arguments
    })),
    (error) => cannotRun(`${place}${quoteText(line)} is not a request: ${error.message}`)
  )
