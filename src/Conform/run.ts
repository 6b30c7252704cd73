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
 * How a device is checked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Permissions {
  /** What is dialled, anew for each connection: `NodeClient.tcp({ host, port })`, or any other layer. */
  readonly device: Layer.Layer<Socket.Socket>
  /** Only checks whose id begins with one of these: `wire`, `log-00`, `help-011`. All by default. */
  readonly only?: ReadonlyArray<string> | undefined
  /** Whether the device may be restarted and halted, and checks may be run that harm some devices. Default false. */
  readonly destructive?: boolean | undefined
  /**
   * Whether the requests `echo`, `sleep`, `raise`, `set-sensor`, `write-log`, `add-sensor` and `remove-sensor`, where the
   * device has them, are those of this project's example device and may be used. Default false: on another device they
   * may do anything.
   */
  readonly testRequests?: boolean | undefined
  /** How long an answer may take. Default 3 seconds. */
  readonly replyTimeout?: Duration.Input | undefined
  /** How long a device that has gone, or restarts, may take to come back. Default 10 seconds. */
  readonly restartTimeout?: Duration.Input | undefined
  /** How many checks that do not disturb each other run at once. Default 4; one on a device that serves one client. */
  readonly concurrency?: number | undefined
  /**
   * How many connections may be open at once, in all. Default: as many as the checks need, which is 20 for one of them.
   * Checks that need more are not run, and fewer checks run at once.
   */
  readonly connections?: number | undefined
}

/**
 * The device cannot be connected to.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  readonly message: string
  /** What the system said, where it said something. */
  readonly cause?: unknown
}> {}

/**
 * A run that has begun.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  /** What was found out of the device. */
  readonly facts: Facts
  /** How many results there will be. */
  readonly total: number
  /** The results, as the checks end. */
  readonly results: Stream.Stream<Result>
}

/**
 * Returns the checks that options select, in the order in which they are listed.
 *
 * @category running
 * @since 0.1.0
 */
export const select = ({ only }: Pick<Options, "only">): ReadonlyArray<Check> =>
  checks.filter(({ id }) => only?.some((part) => id.startsWith(part)) ?? true)

/** Connections that most checks need at once. Given by the checks: few need more. */
const share = 3

/** How many checks run at once, and how many connections each may then open. */
const parallel = ({ concurrency = 4, connections }: Options, { several }: Facts) => {
  if (!several) return { concurrency: 1, budget: connections ?? Number.POSITIVE_INFINITY }
  if (connections === undefined) return { concurrency, budget: Number.POSITIVE_INFINITY }
  const count = Math.max(1, Math.min(concurrency, Math.floor(connections / share)))
  return { concurrency: count, budget: Math.max(1, Math.floor(connections / count)) }
}

/**
 * Connects to a device, finds out what it is, and checks what it does. Checks that could disturb each other run one after
 * another, then those that may do harm, last those that end the device. A check that fails beside others is run again
 * when it is alone, and only that counts. A device that dies is waited for; if it does not come back, what is left could
 * not be run. The device is left as it was: its log level and the sensors that were set are set back.
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
