/** The words of `katcp wait`: targets, and the condition behind them. */
import { Target } from "../../../Site/index.ts"

/** Targets, and the condition; empty for the status `nominal`. */
export interface Split {
  readonly targets: ReadonlyArray<string>
  readonly condition: string
}

/**
 * Parts the words. If the first is one whole device, a sensor follows, and all words behind it are the condition; a further
 * target stands before it. If the first names sensors itself, the condition is the last word, unless that is a target, too.
 */
export const splitWords = (words: ReadonlyArray<string>): Split => {
  const [first, ...rest] = words
  if (first === undefined) return { targets: [], condition: "" }
  const isWhole = !first.startsWith("/") && !/[*?]/.test(first) && (first.includes(":") || !first.includes("/"))
  if (isWhole) {
    const [sensor, ...behind] = rest
    // targets of their own, as long as they are there
    const more = behind.findIndex((word) => !isTarget(word))
    const [others, condition] = more === -1 ? [behind, []] : [behind.slice(0, more), behind.slice(more)]
    return { targets: sensor === undefined ? [first] : [first, sensor, ...others], condition: condition.join(" ") }
  }
  const last = rest.at(-1)
  return last === undefined || isTarget(last)
    ? { targets: words, condition: "" }
    : { targets: words.slice(0, -1), condition: last }
}

/** `true` for a word that can only be a sensor of a device: a condition that has a `/` has a blank, too. */
const isTarget = (word: string): boolean => Target.standsAlone(word) && !/[\s<>=!,]/.test(word)
