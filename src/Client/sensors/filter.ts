/**
 * Which sensors of a device are meant: one by its name, those that a glob matches (`*` any text, `?` any one character),
 * those in whose name a regular expression matches somewhere, or those for which a function says so.
 *
 * @category models
 * @since 0.1.0
 */
export type SensorFilter = string | RegExp | ((name: string) => boolean)

/**
 * A filter, ready to be asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Matcher {
  /** The one name that it matches; undefined where it may match any number. */
  readonly exact: string | undefined
  readonly matches: (name: string) => boolean
}

const everything = () => true

/**
 * Whether a filter means the sensor of that name.
 *
 * @category guards
 * @since 0.1.0
 */
export const matches = (filter: SensorFilter, name: string): boolean => matcherOf(filter).matches(name)

/** That one sensor, whatever characters its name has. */
export const exactly = (name: string): Matcher => ({ exact: name, matches: (other) => other === name })

/**
 * Returns a filter that is ready to be asked: for programs that hold many names against it.
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

/** Whether a name is as the glob says. No pattern takes longer than its length times that of the name. */
const glob =
  (pattern: string) =>
  (name: string): boolean => {
    let from = 0
    let at = 0
    /** Where the last `*` stands, and from where on its text may end. */
    let star = -1
    let end = 0
    while (at < name.length) {
      const wanted = pattern[from]
      if (wanted === "*") {
        // as most patterns end
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
