/**
 * A filter of sensors by name: an exact name, a glob (`*` any text, `?` any one character), a regular expression that
 * matches anywhere in the name, or a function.
 *
 * @category models
 * @since 0.1.0
 */
export type SensorFilter = string | RegExp | ((name: string) => boolean)

/**
 * A compiled filter.
 *
 * @category models
 * @since 0.1.0
 */
export interface Matcher {
  /** The one name that it matches, or `undefined` if it may match several. */
  readonly exact: string | undefined
  readonly matches: (name: string) => boolean
}

const everything = () => true

/**
 * Returns `true` if a filter matches the name of a sensor.
 *
 * @category guards
 * @since 0.1.0
 */
export const matches = (filter: SensorFilter, name: string): boolean => matcherOf(filter).matches(name)

/** Returns a matcher of one name with any characters. */
export const exactly = (name: string): Matcher => ({ exact: name, matches: (other) => other === name })

/**
 * Returns a compiled filter: for programs that test many names.
 *
 * @category constructors
 * @since 0.1.0
 */
export const matcherOf = (filter: SensorFilter): Matcher => {
  if (typeof filter === "function") return { exact: undefined, matches: filter }
  if (typeof filter !== "string") {
    // the state of a global or sticky one would make every second answer wrong
    const pattern = new RegExp(filter.source, filter.flags.replace(/[gy]/g, ""))
    return { exact: undefined, matches: (name) => pattern.test(name) }
  }
  if (filter === "*") return { exact: undefined, matches: everything }
  if (!/[*?]/.test(filter)) return exactly(filter)
  return { exact: undefined, matches: glob(filter) }
}

/** Returns a function that matches a glob. Its time is at most the length of the pattern times that of the name. */
const glob =
  (pattern: string) =>
  (name: string): boolean => {
    let from = 0
    let at = 0
    /** The position of the last `*`, and the first position where its text may end. */
    let star = -1
    let end = 0
    while (at < name.length) {
      const wanted = pattern[from]
      if (wanted === "*") {
        // most patterns end like this
        if (from === pattern.length - 1) return true
        star = from++
        end = at
      } else if (wanted === "?" || wanted === name[at]) {
        from++
        at++
      } else if (star === -1) return false
      else {
        from = star + 1
        at = ++end
      }
    }
    while (pattern[from] === "*") from++
    return from === pattern.length
  }
