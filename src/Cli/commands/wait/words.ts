/** The words of `katcp wait`: targets, followed by the condition. */
import { Target } from "../../../Site/index.ts"

/** The targets, and the condition; empty for the status `nominal`. */
export interface Split {
  readonly targets: ReadonlyArray<string>
  readonly condition: string
}

/**
 * Splits the words. If the first is a whole device, a sensor follows, and all further words are the condition, except
 * further targets. If the first selects sensors itself, the condition is the last word, unless it is a target too.
 */
export const splitWords = (words: ReadonlyArray<string>): Split => {
  const [first, ...rest] = words
  if (first === undefined) return { targets: [], condition: "" }
  const isWhole = !first.startsWith("/") && !/[*?]/.test(first) && (first.includes(":") || !first.includes("/"))
  if (isWhole) {
    const [sensor, ...behind] = rest
    // further targets
    const more = behind.findIndex((word) => !isTarget(word))
    const [others, condition] = more === -1 ? [behind, []] : [behind.slice(0, more), behind.slice(more)]
    return { targets: sensor === undefined ? [first] : [first, sensor, ...others], condition: condition.join(" ") }
  }
  const last = rest.at(-1)
  return last === undefined || isTarget(last)
    ? { targets: words, condition: "" }
    : { targets: words.slice(0, -1), condition: last }
}

/** Returns `true` for a word that can only be a sensor of a device: a condition with a `/` also has a blank. */
const isTarget = (word: string): boolean => Target.standsAlone(word) && !/[\s<>=!,]/.test(word)
