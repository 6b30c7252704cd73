import * as Result from "effect/Result"
import type * as EffectClient from "../Client/index.ts"
import type { ArgumentValue } from "../Message/index.ts"
import { type Abortable, toPromise } from "./bridge.ts"
import type { CallOptions } from "./Client.ts"
import { type StrategyInput, strategyOf } from "./strategy.ts"

/**
 * What each member of a group has answered, as `Promise.allSettled` has it. A member that does not have the request is left
 * out.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupResults<out A> {
  readonly results: ReadonlyMap<string, PromiseSettledResult<A>>
  /** `true` if all that were asked have succeeded, and any was. */
  readonly succeeded: boolean
}

/**
 * How long to wait, in milliseconds, and for how many: see `Client.Group.GroupWaitOptions`.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupWaitOptions extends Abortable {
  /** Default 5000. */
  readonly timeout?: number | undefined
  /** How many members are enough. All by default. */
  readonly quorum?: EffectClient.Quorum | undefined
  /** How long the others may take when enough have come. Default 1000, at most half of the time-out. */
  readonly grace?: number | undefined
}

/**
 * Several resources that are asked the same: see `Client.Group`.
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
  /** Asks all members that have the request, at once. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Promise<GroupResults<EffectClient.Answer>>
  /** The same for a request of the contract, with its typed arguments. Rejects with a `TypeError` if no member has it. */
  readonly request: (name: string, args?: object, options?: CallOptions) => Promise<GroupResults<unknown>>
  /** Sets the strategies of sensors of all members: the outcomes by member and sensor. */
  readonly setSampling: (
    filter: EffectClient.SensorFilter,
    strategy: StrategyInput
  ) => Promise<ReadonlyMap<string, ReadonlyMap<string, EffectClient.Outcome>>>
  /** Waits until a sensor of the members has a value, or a reading is as a function says. */
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

/** A group of the room below. */
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
