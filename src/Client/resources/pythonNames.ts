/** Returns a name as used in Python programs, with `_` for `.` and `-`. */
export const escaped = (name: string): string => name.replace(/[.-]/g, "_")

/** Returns the known name that equals a name, or whose form in Python programs does, or `undefined`. */
export const knownName = (
  known: {
    readonly has: (name: string) => boolean
    readonly names?: Iterable<string>
    readonly keys?: () => Iterable<string>
  },
  name: string
): string | undefined => {
  if (known.has(name)) return name
  const wanted = escaped(name)
  for (const other of known.names ?? known.keys?.() ?? []) if (escaped(other) === wanted) return other
  return undefined
}
