/**
 * Several resources that receive the same requests.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { Request } from "../../Interface/index.ts"
import { type ArgumentValue, expectValue } from "../../Message/index.ts"
import type { Strategy } from "../../Sampling/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Answer } from "../requests/Answer.ts"
import type { CallOptions } from "../requests/CallOptions.ts"
import type { Failure } from "../requests/Failure.ts"
import type { Parameters, Result as RequestResult } from "../requests/Methods.ts"
import type { SensorFilter } from "../sensors/filter.ts"
import type { RemoteReading } from "../sensors/RemoteReading.ts"
import type { Outcome } from "./outcomes.ts"
import { needed, type Quorum } from "./quorum.ts"
import type { Resource } from "./Resource.ts"

/**
 * The answers of the members, by name. A member that does not have the request is omitted.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupResults<out A> {
  readonly results: ReadonlyMap<string, Result.Result<A, Failure>>
  /** `true` if at least one member was asked, and all asked members have succeeded. */
  readonly succeeded: boolean
}

/**
 * The result of a wait: `true` for each member that has reached the condition, by name.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupWait {
  readonly results: ReadonlyMap<string, boolean>
  /** `true` if enough members have reached it. */
  readonly reached: boolean
}

/**
 * Options of a wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupWaitOptions {
  /** The time-out. Default 5 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** The number of members that are enough: a number, or a share from 0 to 1, rounded up. Default: all. */
  readonly quorum?: Quorum | undefined
  /** The time for the other members once enough have reached it, at most half of the timeout. Default 1 second. */
  readonly grace?: Duration.Input | undefined
}

/**
 * A group of resources (A-435…A-440).
 *
 * @category models
 * @since 0.1.0
 */
export interface Group<in out R extends Request.Any, in out S extends Sensor.Any> {
  readonly name: string
  /** The members by name. */
  readonly members: ReadonlyMap<string, Resource<R, S>>
  /** `true` if all members are connected. */
  readonly isConnected: boolean
  /** A method for each request of the contract. It calls all members at the same time. */
  readonly request: {
    readonly [Name in R["name"]]: (
      ...parameters: Parameters<Request.Named<R, Name>>
    ) => Effect.Effect<GroupResults<RequestResult<Request.Named<R, Name>>>>
  }
  /** Calls all members that have the request, at the same time. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Effect.Effect<GroupResults<Answer>>
  /** Sets the strategies of sensors of all members. Returns the outcomes by member and sensor. */
  readonly setSampling: (
    filter: SensorFilter,
    strategy: Strategy.Strategy
  ) => Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, Outcome>>>
  /**
   * Waits until a sensor of the members has a value, or until a function accepts a reading. A timeout is not a
   * failure: the result lists the members that have reached the condition. Dies with a `RangeError` for an invalid
   * quorum.
   */
  readonly waitFor: (
    sensor: string,
    condition: unknown | ((reading: RemoteReading<unknown>) => boolean),
    options?: GroupWaitOptions
  ) => Effect.Effect<GroupWait>
}

/**
 * Makes a group of resources of one contract. Changes of the map change the group.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <R extends Request.Any, S extends Sensor.Any>(
  name: string,
  members: ReadonlyMap<string, Resource<R, S>>
): Group<R, S> => {
  expectValue(`Group.make(${JSON.stringify(name)})`, members instanceof Map, "a Map of resources by name", members)
  const all = <A, E>(ask: (member: Resource<R, S>) => Effect.Effect<A, E>) =>
    Effect.map(
      Effect.forEach(members, ([name, member]) => Effect.map(ask(member), (result) => [name, result] as const), {
        concurrency: "unbounded"
      }),
      (results) => new Map(results)
    )
  const gather = <A>(ask: (member: Resource<R, S>) => Effect.Effect<A, Failure> | undefined) =>
    Effect.suspend(() => {
      const asked = [...members].flatMap(([name, member]) => {
        const effect = ask(member)
        return effect === undefined ? [] : [Effect.map(Effect.result(effect), (result) => [name, result] as const)]
      })
      return Effect.map(
        Effect.all(asked, { concurrency: "unbounded" }),
        (results): GroupResults<A> => ({
          results: new Map(results),
          succeeded: results.length > 0 && results.every(([, result]) => Result.isSuccess(result))
        })
      )
    })
  type Method = (...parameters: ReadonlyArray<unknown>) => Effect.Effect<unknown, Failure>
  const request: Record<string, unknown> = Object.create(null)
  for (const member of members.values())
    for (const method of Object.keys(member.request))
      request[method] ??= (...parameters: ReadonlyArray<unknown>) =>
        gather((each) => {
          const methods: Partial<Record<string, unknown>> = each.request
          return (methods[method] as Method | undefined)?.(...parameters)
        })

  return {
    name,
    members,
    get isConnected() {
      return [...members.values()].every((member) => member.isConnected)
    },
    request: request as Group<R, S>["request"],
    call: (requested, values, options) =>
      gather((member) =>
        member.isSynced && !hasRequest(member.client.device.requests, requested)
          ? undefined
          : member.call(requested, values, options)
      ),
    setSampling: (filter, strategy) => all((member) => member.setSampling(filter, strategy)),
    waitFor: (sensor, condition, options) => waitFor(members, sensor, condition, options)
  }
}

const hasRequest = (requests: ReadonlyMap<string, string>, name: string): boolean =>
  requests.has(name) || requests.has(name.replaceAll("_", "-"))

const waitFor = (
  members: ReadonlyMap<string, Pick<Resource<never, never>, "sensorNamed">>,
  sensor: string,
  condition: unknown,
  options: GroupWaitOptions = {}
): Effect.Effect<GroupWait> =>
  Effect.gen(function* () {
    const timeout = Duration.toMillis(options.timeout ?? "5 seconds")
    const grace = Math.min(Duration.toMillis(options.grace ?? "1 second"), timeout / 2)
    const enough = needed(options.quorum, members.size)
    const reached = new Set<string>()
    const quorum = yield* Deferred.make<void>()
    const check = Effect.sync(() => {
      if (reached.size >= enough) Deferred.doneUnsafe(quorum, Exit.void)
    })
    const each = ([name, member]: readonly [string, Pick<Resource<never, never>, "sensorNamed">]) =>
      member
        .sensorNamed(sensor)
        .waitFor(condition)
        .pipe(Effect.andThen(Effect.sync(() => reached.add(name))), Effect.andThen(check), Effect.ignore)
    yield* check
    yield* Effect.forEach(members, each, { concurrency: "unbounded", discard: true }).pipe(
      Effect.raceFirst(Effect.andThen(Deferred.await(quorum), Effect.sleep(grace))),
      Effect.timeoutOption(timeout)
    )
    return {
      results: new Map([...members.keys()].map((name) => [name, reached.has(name)])),
      reached: reached.size >= enough
    }
  })
