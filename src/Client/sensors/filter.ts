/**
 * Which sensors of a device are meant: one by its name, those that a glob matches (`*` any text, `?` any one character),
 * those in whose name a regular expression matches somewhere, or those for which a function says so.
 *
 * @category models
 * @since 0.1.0
 */
export type SensorFilter = string | RegExp | ((name: string) => boolean)

/** A filter, ready to be asked. */
export type Matcher =
  | { readonly exact: string; readonly matches: (name: string) => boolean }
  | { readonly exact: undefined; readonly matches: (name: string) => boolean }

const special = /[\\^$+.()|[\]{}]/g
const everything = () => true

/**
 * Whether a filter means the sensor of that name.
 *
 * @category guards
 * @since 0.1.0
 */
export const matches = (filter: SensorFilter, name: string): boolean => matcherOf(filter).matches(name)

/** A filter, ready to be asked. */
export const matcherOf = (filter: SensorFilter): Matcher => {
  if (typeof filter === "function") return { exact: undefined, matches: filter }
  if (typeof filter !== "string") {
    // the state of a global or sticky one would make every second answer wrong
    const pattern = new RegExp(filter.source, filter.flags.replace(/[gy]/g, ""))
    return { exact: undefined, matches: (name) => pattern.test(name) }
  }
  if (filter === "*") return { exact: undefined, matches: everything }
  if (!/[*?]/.test(filter)) return { exact: filter, matches: (name) => name === filter }
  return { exact: undefined, matches: glob(filter) }
}

/** Whether a name is as the glob says, in time that grows with its length only: no pattern may hold up the client. */
const glob = (text: string): ((name: string) => boolean) => {
  const parts = text.split(/\*+/).map((part) => new RegExp(part.replace(special, "\\$&").replaceAll("?", "."), "y"))
  const lengths = text.split(/\*+/).map((part) => part.length)
  const last = parts.length - 1
  const at = (index: number, name: string, from: number): boolean => {
    const pattern = parts[index]!
    pattern.lastIndex = from
    return pattern.test(name)
  }
  return (name) => {
    if (last === 0) return name.length === lengths[0] && at(0, name, 0)
    if (!at(0, name, 0)) return false
    let from = lengths[0]!
    for (let index = 1; index < last; index++) {
      while (from + lengths[index]! <= name.length && !at(index, name, from)) from++
      if (from + lengths[index]! > name.length) return false
      from += lengths[index]!
    }
    const tail = name.length - lengths[last]!
    return tail >= from && at(last, name, tail)
  }
}
