/** Files that import each other in a circle: Tarjan's strongly connected components over import statements. */

/** For each file the files that it imports. */
export type Imports = ReadonlyMap<string, ReadonlyArray<string>>

/** Returns the groups of files that reach each other by imports. A file without a circle is its own group. */
export const groupsOf = (imports: Imports): ReadonlyArray<ReadonlyArray<string>> => {
  const found: Array<ReadonlyArray<string>> = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: Array<string> = []
  const walk = (file: string): number => {
    order.set(file, order.size)
    lowest.set(file, order.size - 1)
    open.push(file)
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue
      if (!order.has(next)) lowest.set(file, Math.min(lowest.get(file)!, walk(next)))
      else if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, order.get(next)!))
    }
    if (lowest.get(file) === order.get(file)) found.push(open.splice(open.indexOf(file)))
    return lowest.get(file)!
  }
  for (const file of imports.keys()) if (!order.has(file)) walk(file)
  return found
}

/** Returns a shortest path of imports within a group from a file back to itself: statements that can be cut. */
export const shortestCircle = (imports: Imports, group: ReadonlyArray<string>): ReadonlyArray<string> => {
  const ways = group.map((start) => {
    const from = new Map<string, string>()
    const queue = [start]
    for (const file of queue)
      for (const next of imports.get(file)!) {
        if (!group.includes(next) || from.has(next)) continue
        from.set(next, file)
        queue.push(next)
      }
    const way = [start]
    for (let at = from.get(start)!; at !== start; at = from.get(at)!) way.unshift(at)
    return [start, ...way]
  })
  return ways.reduce((one, other) => (other.length < one.length ? other : one))
}
