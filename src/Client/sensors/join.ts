import { Strategy } from "../../Sampling/index.ts"

/** Whether two strategies are the same. */
export const same = (one: Strategy.Strategy, other: Strategy.Strategy): boolean =>
  one === other || (one._tag === other._tag && Strategy.toText(one) === Strategy.toText(other))

/**
 * The one strategy on the wire that serves two who want a sensor: theirs, where they want the same; else one that reports
 * at least what each of them needs, from which the client itself takes what it passes on to each.
 */
export const join = (one: Strategy.Strategy, other: Strategy.Strategy): Strategy.Strategy => {
  if (one._tag === "None" || same(one, other)) return other
  if (other._tag === "None") return one
  if (one._tag === "Period" && other._tag === "Period") return one.period <= other.period ? one : other
  if (one._tag === "EventRate" && other._tag === "EventRate")
    return {
      _tag: "EventRate",
      shortest: Math.min(one.shortest, other.shortest),
      longest: Math.min(one.longest, other.longest)
    }
  // every change: whatever else is wanted can be made of that
  return Strategy.event
}
