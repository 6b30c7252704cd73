/**
 * Commands over several devices: a failed device is named, the others continue, and the exit code is that of the worst
 * failure.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Client from "../../Client/index.ts"
import { Exited, exitCodes, type Failure } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import type { Host } from "./host.ts"

/** The number of devices that are queried at once. Not measured: that of `call --each`. */
const parallel = 16
/** The first retry of a device that is absent at the beginning. Not measured: that of a lost one. */
const firstRetry = "1 second"
const retry = Client.backOff({ initial: firstRetry, longest: "1 minute" })

/** Returns a failure in a line that names the device. */
const told = (host: Host, { message }: Failure, behind = ""): string =>
  visible(`katcp: ${message.includes(host.text) ? message : `${host.text}: ${message}`}${behind}`)

/** The failures of a command over several devices, by device. */
export class Failures {
  private readonly codes = new Map<string, number>()
  private readonly total: number

  /** `total` is the number of devices. */
  constructor(total: number) {
    this.total = total
  }

  note(host: Host, failure: Failure): void {
    this.codes.set(host.text, failure.exitCode)
  }

  /** Clears the failure of a device that has answered after all. */
  forget(host: Host): void {
    this.codes.delete(host.text)
  }

  /** Ends the command with the worst exit code, if a device failed. */
  readonly end: Effect.Effect<void, Exited, Output> = Effect.suspend(() => {
    if (this.codes.size === 0) return Effect.void
    const code = Math.max(...this.codes.values(), exitCodes.ok)
    return Effect.flatMap(Output, ({ note }) =>
      Effect.andThen(
        note(`katcp: ${this.codes.size} of ${this.total} devices failed`),
        Effect.fail(new Exited({ code }))
      )
    )
  })
}

/**
 * Runs an action for each device, several at once, and returns the results in the order of the devices. Failures are
 * reported by device on standard error. With a single device, its failure is that of the command.
 */
export const fromEach = <A, I extends { readonly host: Host }, R>(
  aims: ReadonlyArray<I>,
  failures: Failures,
  act: (aim: I) => Effect.Effect<A, Failure, R>
): Effect.Effect<ReadonlyArray<A>, Failure, R | Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    const [only, ...more] = aims
    if (only === undefined) return []
    if (more.length === 0) return [yield* act(only)]
    const results = yield* Effect.forEach(
      aims,
      (aim) =>
        Effect.tap(Effect.result(act(aim)), (result) => {
          if (Result.isSuccess(result)) return Effect.void
          failures.note(aim.host, result.failure)
          return output.note(told(aim.host, result.failure))
        }),
      { concurrency: parallel }
    )
    return results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
  })

/**
 * Merges the streams of several devices. `begin` connects to a device and returns its stream; each was tried once when
 * the merged stream exists. An unreachable device is retried until it answers; one that refuses is left out. With a
 * single device, its failure is that of the command.
 */
export const streamOf = <A, I extends { readonly host: Host }, R>(
  aims: ReadonlyArray<I>,
  failures: Failures,
  begin: (aim: I) => Effect.Effect<Stream.Stream<A, Failure>, Failure, R | Scope.Scope>
): Effect.Effect<Stream.Stream<A, Failure, R | Output>, Failure, R | Output | Scope.Scope> =>
  Effect.gen(function* () {
    const [only, ...more] = aims
    if (only !== undefined && more.length === 0) return yield* begin(only)
    const output = yield* Output
    const scope = yield* Effect.scope
    const one = (aim: I) => {
      let said: string | undefined
      // resources of a failed attempt are released before the next
      const attempt = Effect.gen(function* () {
        const own = yield* Scope.fork(scope)
        return yield* Effect.onError(Scope.provide(begin(aim), own), (cause) => Scope.close(own, Exit.failCause(cause)))
      }).pipe(
        Effect.tapError((failure) => {
          failures.note(aim.host, failure)
          const text = told(aim.host, failure, isAway(failure) ? "; retrying" : "")
          if (text === said) return Effect.void
          said = text
          return output.note(text)
        }),
        // a device that is given up later ends its own stream
        Effect.map(
          Stream.catch((failure: Failure) => {
            failures.note(aim.host, failure)
            return Stream.drain(Stream.fromEffect(output.note(told(aim.host, failure))))
          })
        )
      )
      const again = attempt.pipe(
        Effect.retry({ schedule: retry, while: isAway }),
        Effect.tap(() => Effect.sync(() => failures.forget(aim.host))),
        Effect.orElseSucceed(() => Stream.empty)
      )
      return Effect.map(Effect.result(attempt), (first) => {
        if (Result.isSuccess(first)) return first.success
        return isAway(first.failure) ? Stream.unwrap(Effect.delay(again, firstRetry)) : Stream.empty
      })
    }
    const streams = yield* Effect.forEach(aims, one, { concurrency: parallel })
    return Stream.mergeAll(streams, { concurrency: "unbounded" })
  })

/** Returns `true` for a device that is unreachable now, and may answer later. */
const isAway = ({ exitCode }: Failure): boolean => exitCode === exitCodes.cannotRun
