import { toText } from "./format.ts"
import { event, type Strategy } from "./Strategy.ts"
import { byTag } from "./table.ts"

/**
 * Returns `true` if two strategies are equal. The differences 2 and 2n are equal.
 *
 * @category combining
 * @since 0.1.0
 */
export const same = (one: Strategy, other: Strategy): boolean =>
  one === other || (one._tag === other._tag && toText(one) === toText(other))

/**
 * Returns one strategy that reports at least everything that two readers of a sensor need, so one subscription serves
 * both. It is their strategy if they agree, the shorter of two periods, the shorter times of two event rates, and
 * otherwise `event`. A `Sampler` then derives each reader's own strategy from those reports.
 *
 * @category combining
 * @since 0.1.0
 */
export const join = (one: Strategy, other: Strategy): Strategy => {
  if (one._tag === "None" || same(one, other)) return other
  if (other._tag === "None") return one
  return (one._tag === other._tag ? byTag[one._tag].join(one, other) : undefined) ?? event
}
