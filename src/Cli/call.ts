/** Sends requests to one device or several. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Client from "../Client/index.ts"
import * as Codec from "../Codec/index.ts"
import { type Message, quoteText } from "../Message/index.ts"
import { Exited, exitCodes, explain, type Failure, unasked } from "./Failure.ts"
import { inputLines } from "./input.ts"
import { logger as makeLogger } from "./logger.ts"
import { didYouMean } from "./nearest.ts"
import { callOptions, connect, hostOf, type Reaching } from "./reach/connect.ts"
import { watchReasons } from "./reach/deviceLog.ts"
import { type Host, parseHost } from "./reach/host.ts"
import { type Answers, answersForPeople, type Showing } from "./show/answers.ts"
import { Output } from "./show/Output.ts"
import { answersForDevice } from "./show/relayed.ts"

interface Input extends Reaching, Showing {
  readonly words: ReadonlyArray<string>
  readonly id: Option.Option<number>
  readonly each: Option.Option<string>
  /** Asynchronous informs too. */
  readonly informs: boolean
  /** The output is KATCP, for a device that relays it. */
  readonly katcp: boolean
  /** The same, with replies as records of the log. */
  readonly munge: boolean
  readonly label: Option.Option<string>
}

/** A request that is to be made. */
interface Asked {
  readonly name: string
  readonly values: ReadonlyArray<string | Uint8Array>
}

/** How many devices are asked at once. */
const parallel = 16

/** `katcp call`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const forDevice = input.katcp || input.munge
  const contradiction = contradictionIn(input, forDevice)
  if (contradiction !== undefined) return yield* unasked(contradiction)
  const output = yield* Output
  // the version of the device that relays is not that of the device that is asked
  const logger = forDevice ? yield* makeLogger({ subsystem: input.label, protocol: Option.none() }) : undefined
  const answers = logger === undefined ? answersForPeople(input, output) : answersForDevice(input, logger)
  const code = yield* Effect.catch(askAll(input, answers), (failure) =>
    Effect.as(answers.fault(failure), failure.exitCode)
  )
  if (code !== exitCodes.ok) return yield* new Exited({ code })
})

/** Returns what is wrong with flags that do not go together. */
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

/** Asks all devices; returns the worst exit code. */
const askAll = (input: Input, answers: Answers): Effect.Effect<number, Failure, Output> =>
  Effect.gen(function* () {
    const { hosts, words } = yield* targets(input)
    const [first, ...args] = words
    if (first === undefined) return yield* unasked("say which request, or - to read requests from the standard input")
    const asked = first === "-" ? yield* fromInput(hosts.length) : Stream.fromEffect(yourself(first, args, input))
    const codes = yield* Effect.forEach(
      hosts,
      (host) => Effect.scoped(ask(host, asked, input, answers, hosts.length > 1)),
      { concurrency: parallel }
    )
    return codes.reduce((one, other) => Math.max(one, other), exitCodes.ok as number)
  })

/** The requests of the standard input: as they come for one device, for several when all are there. */
const fromInput = (hosts: number): Effect.Effect<Stream.Stream<Asked, Failure>, Failure> => {
  const requests = inputLines.pipe(
    Stream.filter((line) => line.trim() !== ""),
    // editors of some systems begin a file with a byte order mark
    Stream.mapEffect((line) => parse(line.replace(/^\ufeff/, "")))
  )
  if (hosts === 1) return Effect.succeed(requests)
  return Effect.map(Stream.runCollect(requests), (all) => Stream.fromIterable(all))
}

const targets = ({ each, words }: Input) =>
  Effect.gen(function* () {
    if (Option.isNone(each)) {
      const { host, rest } = yield* hostOf(words)
      return { hosts: [host], words: rest }
    }
    const hosts = yield* Effect.forEach(each.value.split(","), (text) => Effect.fromResult(parseHost(text.trim())))
    return { hosts, words }
  })

const yourself = (name: string, args: ReadonlyArray<string>, input: Input): Effect.Effect<Asked, Failure> =>
  input.raw
    ? parse([name, ...args].join(" "))
    : Effect.succeed({ name: name.replace(/^\?/, ""), values: input.hex ? args.map(fromHex) : args })

const fromHex = (text: string): string | Uint8Array =>
  /^0x(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.slice(2), "hex") : text

/** A request as it stands on the wire, with or without its `?`. */
const parse = (line: string): Effect.Effect<Asked, Failure> =>
  Effect.mapError(
    Effect.map(Codec.decode(line.startsWith("?") ? line : `?${line}`), (message) => ({
      name: message.name,
      values: message.arguments
    })),
    (error) => unasked(`${quoteText(line)} is no request: ${error.message}`)
  )

/** Asks one device; returns the exit code. With several devices, each line has the name of its device. */
const ask = (
  host: Host,
  asked: Stream.Stream<Asked, Failure>,
  input: Input,
  answers: Answers,
  several: boolean
): Effect.Effect<number, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* connect(host, input)
    const show = answers.show(client.dialect, several ? host.text : undefined)
    const reasons = yield* watchReasons(client)
    if (input.informs) yield* Effect.forkScoped(Stream.runForEach(client.informs(), show), { startImmediately: true })
    let exitCode: number = exitCodes.ok
    // who waits for input is to hear that there is nobody any more to be asked
    const requests = Stream.merge(asked, closing(client, host), { haltStrategy: "left" })
    yield* Stream.runForEach(requests, ({ name, values }) => {
      reasons.begin()
      return output.busy(
        `?${name}: waiting for ${host.text}`,
        client.callRawStream(name, values, options(input)).pipe(
          Stream.mapError((error) => explain(host.text, error)),
          Stream.runForEach((piece) => {
            if (piece._tag === "Inform") return show(piece.inform)
            if (piece.reply.text(0) === "ok") return show(piece.reply)
            exitCode = Math.max(exitCode, exitCodes.refused)
            return show(piece.reply).pipe(
              Effect.andThen(hint(client, name, piece.reply, answers)),
              Effect.andThen(
                saysWhy(piece.reply)
                  ? Effect.void
                  : Effect.flatMap(reasons.since, (texts) => Effect.forEach(texts, answers.note, { discard: true }))
              )
            )
          })
        )
      )
    })
    return exitCode
  }).pipe(
    // the other devices are asked all the same
    Effect.catch((failure) => (several ? Effect.as(answers.fault(failure), failure.exitCode) : Effect.fail(failure)))
  )

/** Whether the reply to a request that has failed says why. */
const saysWhy = (reply: Message): boolean => (reply.text(1) ?? "").trim() !== ""

/** Fails when the device has gone. */
const closing = (client: Client.Client<never, never>, host: Host): Stream.Stream<never, Failure> =>
  SubscriptionRef.changes(client.state).pipe(
    Stream.mapEffect((state) =>
      state._tag === "Closed" ? Effect.fail(explain(host.text, state.reason)) : Effect.void
    ),
    Stream.drain
  )

const options = (input: Input): Client.CallOptions => ({
  ...callOptions(input),
  ...(Option.isSome(input.id) ? { id: input.id.value } : {})
})

/** Where the device does not know the request, the names of those that it has and that are most like it. */
const hint = (client: Client.Client<never, never>, name: string, reply: Message, { note }: Answers) => {
  if (reply.text(0) !== "invalid" || !/unknown/i.test(reply.text(1) ?? "")) return Effect.void
  return client.call("help").pipe(
    Effect.flatMap(({ informs }) => {
      const text = didYouMean(
        name,
        informs.flatMap((inform) => inform.text(0) ?? [])
      )
      return text === "" ? Effect.void : note(`there is no ?${name}${text}`)
    }),
    Effect.ignore
  )
}
