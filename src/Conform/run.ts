import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type * as Socket from "effect/socket/Socket"
import type { Check } from "./Check.ts"
import { checks } from "./checks/index.ts"
import type { Facts } from "./Device.ts"
import type { Permissions } from "./needs.ts"
import { probe } from "./probe.ts"
import type { Result } from "./Result.ts"
import { Runner } from "./Runner.ts"

/**
 * The options of a run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Permissions {
  /** The Socket that is dialled for each connection: `NodeClient.tcp({ host, port })`, or any other layer. */
  readonly device: Layer.Layer<Socket.Socket>
  /** Only checks whose id begins with one of these: `wire`, `log-00`, `help-011`. All by default. */
  readonly only?: ReadonlyArray<string> | undefined
  /** `true` to allow restarting and halting the device, and checks that harm some devices. Default `false`. */
  readonly destructive?: boolean | undefined
  /**
   * `true` if the device's requests `echo`, `sleep`, `raise`, `set-sensor`, `write-log`, `add-sensor` and
   * `remove-sensor` are those of this project's example device and may be used. Default `false`: on another device they
   * may do anything.
   */
  readonly testRequests?: boolean | undefined
  /** The longest wait for an answer. Default 3 seconds. */
  readonly replyTimeout?: Duration.Input | undefined
  /** The longest wait for a device that has gone, or restarts. Default 10 seconds. */
  readonly restartTimeout?: Duration.Input | undefined
  /** The number of independent checks that run at once. Default 4; one on a device that serves one client. */
  readonly concurrency?: number | undefined
  /**
   * The largest number of open connections, in all. Default: the number that the checks need, which is 20 for one of
   * them. Checks that need more are not run, and fewer checks run at once.
   */
  readonly connections?: number | undefined
}

/**
 * The device cannot be reached.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  readonly message: string
  /** The system's error, if any. */
  readonly cause?: unknown
}> {}

/**
 * A started run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  /** The facts about the device. */
  readonly facts: Facts
  /** The number of results. */
  readonly total: number
  /** The results, as the checks end. */
  readonly results: Stream.Stream<Result>
}

/**
 * Returns the selected checks, in the listed order.
 *
 * @category running
 * @since 0.1.0
 */
export const select = ({ only }: Pick<Options, "only">): ReadonlyArray<Check> =>
  checks.filter(({ id }) => only?.some((part) => id.startsWith(part)) ?? true)

/** Connections that most checks need at once. Given by the checks: few need more. */
const share = 3

/** Returns the number of checks that run at once, and the number of connections each may then open. */
const parallel = ({ concurrency = 4, connections }: Options, { several }: Facts) => {
  if (!several) return { concurrency: 1, budget: connections ?? Number.POSITIVE_INFINITY }
  if (connections === undefined) return { concurrency, budget: Number.POSITIVE_INFINITY }
  const count = Math.max(1, Math.min(concurrency, Math.floor(connections / share)))
  return { concurrency: count, budget: Math.max(1, Math.floor(connections / count)) }
}

/**
 * Connects to a device, finds out its facts, and checks its behaviour. Checks that could disturb each other run one
 * after another, then those that may do harm, last those that end the device. A check that fails beside others runs
 * again alone, and only that result counts. A device that dies is awaited; if it does not come back, the remaining
 * checks could not be run. The device is left as it was: its log level and its changed sensors are reset.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Run, Unreachable> {
  const selected = select(options)
  const facts = yield* Runner.first(options).pipe(
    Effect.flatMap((client) => probe(client, options.testRequests ?? false)),
    Effect.scoped,
    Effect.mapError(({ cause, reason }) => new Unreachable({ message: reason, cause }))
  )
  const runner = yield* Runner.make(options, facts)
  const { budget, concurrency } = parallel(options, facts)
  const again: Array<Check> = []
  const beside = (check: Check) =>
    Effect.map(runner.runBeside(check, budget), (result): ReadonlyArray<Result> => {
      if (result === undefined) again.push(check)
      return result === undefined ? [] : [result]
    })
  const alone = (list: ReadonlyArray<Check>) => Stream.mapEffect(Stream.fromIterable(list), runner.runAlone)
  const group = (of: Phase) => selected.filter((check) => phaseOf(check) === of)
  return {
    facts,
    total: selected.length,
    results: Stream.fromIterable(group("beside")).pipe(
      Stream.mapEffect(beside, { concurrency }),
      Stream.flattenIterable,
      Stream.concat(Stream.suspend(() => alone(again))),
      Stream.concat(alone([...group("alone"), ...group("harmful"), ...group("last")]))
    )
  }
})

type Phase = "beside" | "alone" | "harmful" | "last"

const phaseOf = ({ alone, harm, needs }: Check): Phase => {
  if (needs?.destructive === true) return "last"
  if (harm !== undefined) return "harmful"
  return alone === true || needs?.set !== undefined ? "alone" : "beside"
}
