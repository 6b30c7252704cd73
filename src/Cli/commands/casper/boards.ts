/** The shared parts of the commands on boards: hosts, connections, ordered output, and failures. */

import * as Context from "effect/Context"
import * as Flag from "effect/cli/Flag"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as Casper from "../../../Casper/index.ts"
import * as CasperNode from "../../../Casper/node/index.ts"
import { didYouMean, type KatcpError } from "../../../Message/index.ts"
import { DeviceAddress } from "../../../Site/index.ts"
import { cannotRun, Exited, explain, explainConnecting, type Failure, refused } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import type { Host } from "../../reach/host.ts"
import { noticing } from "../../reach/misdialled.ts"
import type { Dialling } from "../../reach/targets.ts"
import { hostsNamed } from "../../reach/targets.ts"
import { waitingFor } from "../../reach/waiting.ts"
import { Output } from "../../show/Output.ts"
import { visible } from "../../show/visible.ts"

/** The flags of all commands on boards. */
export const common = {
  timeout: flags.timeout,
  ...flags.dialling,
  profile: Flag.Literals("profile", ["board", "x86"]).pipe(
    Flag.withDescription("board: big-endian; x86: little-endian, as tcpborphserver on a PC"),
    Flag.withDefault("board" as const)
  ),
  concurrency: Flag.Int("concurrency").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("The number of boards at once; default: 8"),
    Flag.filter(
      (count) => count > 0,
      (count) => `"${count}" is not a number of boards: write 1 or more`
    ),
    Flag.withDefault(8)
  ),
  json: flags.json
}

export interface Common extends Dialling {
  readonly timeout: Option.Option<number>
  readonly profile: "board" | "x86"
  readonly concurrency: number
  readonly json: boolean
}

/**
 * The shortest timeout of a board's answer, in seconds: `?progdev` takes time. Not measured here: the timeout of a
 * request by default.
 */
const defaultTimeout = 5

const hostsIn = (
  dialling: Dialling,
  words: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Host>, Failure, Output> =>
  Effect.forEach(
    words.flatMap((word) => word.split(",")).filter((word) => word !== ""),
    (word) => hostsNamed(dialling, word)
  ).pipe(Effect.map((hosts) => hosts.flat()))

/** Adds the board of the environment if the first word is not a board: names of registers have no colon. */
const environment = (words: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const given = process.env.KATCP_SERVER ?? ""
  return given === "" || words[0]?.includes(":") === true ? undefined : given.split(",")
}

/** Parses words that are all boards; without words, the board of the environment. */
export const allHosts = (
  dialling: Dialling,
  words: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Host>, Failure, Output> => {
  const found = words.length > 0 ? words : (environment(words) ?? [])
  return found.length === 0
    ? Effect.fail(cannotRun("name the boards: HOST …, or set KATCP_SERVER in the environment"))
    : hostsIn(dialling, found)
}

/** Parses boards in the first word, separated by commas. */
export const firstHosts = (dialling: Dialling, words: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const given = environment(words)
    const [first, ...others] = words
    if (given === undefined && first === undefined)
      return yield* cannotRun("name the boards: HOST or HOST,HOST, or set KATCP_SERVER in the environment")
    return { hosts: yield* hostsIn(dialling, given ?? [first!]), rest: given === undefined ? others : words }
  })

/** Returns the failure of a board in one line. */
export const explained = (
  host: string,
  error: Casper.BoardError | Casper.UploadFailed,
  names: Iterable<string> = []
): Failure => {
  switch (error._tag) {
    case "KatcpError":
      return explain(host, error)
    case "UnknownRegister":
      return refused(`${error.message}${didYouMean(error.register, names)}`)
    default:
      return refused(error.message)
  }
}

/** Connects a client to a board, or fails at once. With `reconnects`, later changes of the connection are reported. */
export const reach = (
  host: Host,
  { json, profile, timeout }: Common,
  reconnects = false
): Effect.Effect<Casper.Board, Failure, Scope.Scope | Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    const board = yield* output.busy(
      `connecting to ${host.where}`,
      noticing(
        host,
        Casper.connect({
          ...placeOf(host),
          quirks: Casper.quirks[profile],
          client: {
            connecting: "fail",
            ...(reconnects ? {} : { reconnect: false as const }),
            timeout: Option.getOrElse(timeout, () => defaultTimeout) * 1000
          }
        }).pipe(Effect.provide(networkOf(host))),
        (error: KatcpError) => explainConnecting(host.where, error)
      )
    )
    if (reconnects)
      yield* Effect.forkScoped(
        waitingFor(
          board.client,
          host,
          () => [],
          ({ event, more, text }) =>
            json ? output.json({ event, host: host.text, ...more }) : output.note(visible(`katcp: ${text}`))
        ).run,
        { startImmediately: true }
      )
    return board
  })

/** Returns the host and port of a board. Uploads use other ports of the host. */
const placeOf = ({ address }: Host): { readonly host: string; readonly port: number } =>
  address._tag === "Unix" ? { host: "localhost", port: DeviceAddress.defaultPort } : address

/** Returns this machine's network, with the board dialled by its address. Its other ports are plain TCP. */
const networkOf = (host: Host): Layer.Layer<Casper.Network> =>
  Layer.effect(
    Casper.Network,
    Effect.map(Casper.Network, (network) => {
      const place = placeOf(host)
      return {
        ...network,
        dial: (to: string, port: number) =>
          to === place.host && port === place.port
            ? Effect.map(Layer.build(host.dial), Context.get(Socket.Socket))
            : network.dial(to, port)
      }
    })
  ).pipe(Layer.provide(CasperNode.layer))

/**
 * Runs an action for each board, several at once. The output of boards is in the order of the hosts, unless `streams`
 * requires that each line appears at once. A failed board is named on standard error, and the others continue. The exit
 * code is that of the worst failure. With a single board, its failure is that of the command.
 */
export const eachBoard = <R>(
  hosts: ReadonlyArray<Host>,
  input: Common & { readonly streams?: boolean },
  act: (host: Host) => Effect.Effect<void, Failure, R>
): Effect.Effect<void, Failure | Exited, R | Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    const { streams = false } = input
    if (hosts.length === 1) return yield* act(hosts[0]!)
    let code = 0
    let failures = 0
    const turns = hosts.map(() => Deferred.makeUnsafe<void>())
    yield* Effect.forEach(
      hosts,
      (host, at) =>
        Effect.gen(function* () {
          const held = streams ? { output, release: Effect.void } : holding(output)
          const result = yield* Effect.result(Effect.provideService(act(host), Output, held.output))
          if (!streams && at > 0) yield* Deferred.await(turns[at - 1]!)
          yield* held.release
          if (Result.isSuccess(result)) return
          code = Math.max(code, result.failure.exitCode)
          failures++
          const { message } = result.failure
          yield* input.json
            ? output.json({ host: host.text, error: message })
            : output.note(`katcp: ${visible(message.includes(host.text) ? message : `${host.text}: ${message}`)}`)
        }).pipe(Effect.ensuring(Deferred.succeed(turns[at]!, undefined))),
      { concurrency: input.concurrency, discard: true }
    )
    if (failures === 0) return
    yield* output.note(`katcp: ${failures} of ${hosts.length} boards failed`)
    return yield* new Exited({ code })
  })

/** An output that holds everything until it is released. */
const holding = (output: Output["Service"]) => {
  const kept: Array<Effect.Effect<void>> = []
  const hold =
    <A>(write: (value: A) => Effect.Effect<void>) =>
    (value: A) =>
      Effect.sync(() => void kept.push(write(value)))
  const { bytes, exact, json, line, note, plain, raw } = output
  return {
    release: Effect.suspend(() => Effect.all(kept, { discard: true })),
    output: {
      ...output,
      bytes: hold(bytes),
      exact: hold(exact),
      json: hold(json),
      line: hold(line),
      note: hold(note),
      plain: hold(plain),
      raw: hold(raw)
    }
  }
}

/** Formats a word for people: hexadecimal and decimal. */
export const hex = (word: number): string => `0x${word.toString(16).padStart(8, "0")}`

/** Parses a whole number: decimal or hexadecimal. */
export const parseNumber = (text: string): number | undefined =>
  /^[+-]?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.test(text)
    ? text.startsWith("-")
      ? -Number(text.slice(1))
      : Number(text)
    : undefined
