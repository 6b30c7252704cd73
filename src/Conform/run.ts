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
  /** Whether the device may be restarted and halted. Default false. */
  readonly destructive?: boolean | undefined
  /**
   * Whether the requests `echo`, `sleep`, `raise`, `set-sensor`, `write-log`, `add-sensor` and `remove-sensor`, where the
   * device has them, are those of this project's example device and may be used. Default false: on another device they
   * may do anything.
   */
  readonly testRequests?: boolean | undefined
  /** How long an answer may take. Default 3 seconds. */
  readonly patience?: Duration.Input | undefined
  /** How long a device that has gone, or restarts, may take to come back. Default 10 seconds. */
  readonly revival?: Duration.Input | undefined
  /** How many checks that do not disturb each other run at once. Default 4; one on a device that serves one client. */
  readonly concurrency?: number | undefined
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
 * Connects to a device, finds out what it is, and checks what it does. Checks that could disturb each other run one after
 * another, those that end the device last. A device that dies is waited for; where it does not come back, what is left
 * could not be run. The device is left as it was: its log level and the sensors that were set are set back.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Run, Unreachable> {
  const selected = checks.filter(({ id }) => options.only?.some((part) => id.startsWith(part)) ?? true)
  const facts = yield* Runner.first(options).pipe(
    Effect.flatMap((client) => probe(client, options.testRequests ?? false)),
    Effect.scoped,
    Effect.mapError(({ cause, reason }) => new Unreachable({ message: reason, cause }))
  )
  const runner = yield* Runner.make(options, facts)
  const phase = (list: ReadonlyArray<Check>, concurrency: number) =>
    Stream.mapEffect(Stream.fromIterable(list), (check) => runner.run(check), { concurrency })
  const isLast = ({ needs }: Check) => needs?.destructive === true
  const isAlone = (check: Check) => !isLast(check) && (check.alone === true || check.needs?.set !== undefined)
  return {
    facts,
    total: selected.length,
    results: phase(
      selected.filter((check) => !isAlone(check) && !isLast(check)),
      facts.several ? (options.concurrency ?? 4) : 1
    ).pipe(Stream.concat(phase(selected.filter(isAlone), 1)), Stream.concat(phase(selected.filter(isLast), 1)))
  }
})
