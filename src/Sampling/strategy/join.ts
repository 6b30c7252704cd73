import { toText } from "./format.ts"
import { event, type Strategy } from "./Strategy.ts"
import { byTag } from "./table.ts"

/**
 * Returns `true` if two strategies are the same; differences of 2 and 2n are.
 *
 * @category combining
 * @since 0.1.0
 */
export const same = (one: Strategy, other: Strategy): boolean =>
  one === other || (one._tag === other._tag && toText(one) === toText(other))

/**
 * Returns one strategy that reports at least everything that two readers of a sensor need, so that one subscription
 * serves both: theirs if they are the same, the shorter of two periods, the shorter times of two event rates, otherwise
 * `event`. A `Sampler` then makes each reader's own strategy from those reports.
 *
 * @category combining
 * @since 0.1.0
 */
export const join = (one: Strategy, other: Strategy): Strategy => {
  if (one._tag === "None" || same(one, other)) return other
  if (other._tag === "None") return one
  return (one._tag === other._tag ? byTag[one._tag].join(one, other) : undefined) ?? event
}
