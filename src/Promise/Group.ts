import * as Result from "effect/Result"
import type * as EffectClient from "../Client/index.ts"
import type { ArgumentValue } from "../Message/index.ts"
import { type Abortable, toPromise } from "./bridge.ts"
import type { CallOptions } from "./Client.ts"
import { type StrategyInput, strategyOf } from "./strategy.ts"

/**
 * The answers of a group's members, as in `Promise.allSettled`. A member that does not have the request is omitted.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupResults<out A> {
  readonly results: ReadonlyMap<string, PromiseSettledResult<A>>
  /** `true` if at least one member was asked, and all asked members have succeeded. */
  readonly succeeded: boolean
}

/**
 * The limits of a wait, in milliseconds, and its quorum: see `Client.Group.GroupWaitOptions`.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupWaitOptions extends Abortable {
  /** Default 5000. */
  readonly timeout?: number | undefined
  /** The number of members that are enough. All by default. */
  readonly quorum?: EffectClient.Quorum | undefined
  /** The time for the other members once enough have reached it. Default 1000, at most half of the timeout. */
  readonly grace?: number | undefined
}

/**
 * Several resources that receive the same requests: see `Client.Group`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Group {
  readonly name: string
  /** The names of its members. */
  readonly members: ReadonlyArray<string>
  /** `true` if all members are connected. */
  readonly isConnected: boolean
  /** Calls all members that have the request, at the same time. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Promise<GroupResults<EffectClient.Answer>>
  /** Calls a request of the contract with its typed arguments. Rejects with a `TypeError` if no member has it. */
  readonly request: (name: string, args?: object, options?: CallOptions) => Promise<GroupResults<unknown>>
  /** Sets the strategies of sensors of all members. Resolves to the outcomes by member and sensor. */
  readonly setSampling: (
    filter: EffectClient.SensorFilter,
    strategy: StrategyInput
  ) => Promise<ReadonlyMap<string, ReadonlyMap<string, EffectClient.Outcome>>>
  /** Waits until a sensor of the members has a value, or until a function accepts a reading. */
  readonly waitFor: (
    sensor: string,
    condition: unknown | ((reading: EffectClient.RemoteReading<unknown>) => boolean),
    options?: GroupWaitOptions
  ) => Promise<EffectClient.Group.GroupWait>
}

const settled = <A>({ results, succeeded }: EffectClient.Group.GroupResults<A>): GroupResults<A> => ({
  succeeded,
  results: new Map(
    Array.from(results, ([member, result]): readonly [string, PromiseSettledResult<A>] => [
      member,
      Result.isSuccess(result)
        ? { status: "fulfilled", value: result.success }
        : { status: "rejected", reason: result.failure }
    ])
  )
})

type Method = (
  args: unknown,
  options: EffectClient.CallOptions | undefined
) => ReturnType<EffectClient.Group.Group<never, never>["call"]>

/** Wraps a group of the room below. */
export const wrapGroup = (
  // biome-ignore lint/suspicious/noExplicitAny: groups of any contract
  below: EffectClient.Group.Group<any, any>
): Group => ({
  name: below.name,
  get members() {
    return [...below.members.keys()]
  },
  get isConnected() {
    return below.isConnected
  },
  call: async (name, values, options) => settled(await toPromise(below.call(name, values, options), options?.signal)),
  request: async (name, args, options) => {
    const methods: Partial<Record<string, unknown>> = below.request
    const method = methods[name] as Method | undefined
    if (method === undefined) throw new TypeError(`no member of ${below.name} has ?${name} in its contract`)
    return settled(await toPromise(method(args, options), options?.signal))
  },
  setSampling: async (filter, strategy) => toPromise(below.setSampling(filter, strategyOf(strategy))),
  waitFor: (sensor, condition, options) => toPromise(below.waitFor(sensor, condition, options), options?.signal)
})
