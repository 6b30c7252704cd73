/** Settings of one process, which take the place of those in the file. */

/**
 * Settings of one process, instead of those of the file that all runners of a fleet share.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  /** `fleet.name`. */
  readonly name?: string | undefined
  /** `fleet.listen`. */
  readonly listen?: string | undefined
  /** `fleet.link`. */
  readonly link?: string | undefined
  /** `http.listen`. */
  readonly http?: string | undefined
  /** `proxy.listen`. */
  readonly proxy?: string | undefined
}

/** The section and the key of each setting. */
const places: Readonly<Record<keyof Changes, readonly [section: string, key: string]>> = {
  name: ["fleet", "name"],
  listen: ["fleet", "listen"],
  link: ["fleet", "link"],
  http: ["http", "listen"],
  proxy: ["proxy", "listen"]
}

/**
 * Puts the settings into the data of a file, before anything checks it: what a flag says has to hold as much as what
 * the file says. A section that the file does not have stays out.
 */
export const withChanges = (
  data: Readonly<Record<string, unknown>>,
  changes: Changes
): Readonly<Record<string, unknown>> => {
  const changed: Record<string, unknown> = { ...data }
  for (const [flag, [section, key]] of Object.entries(places)) {
    const value = changes[flag as keyof Changes]
    const former = changed[section]
    if (value === undefined || typeof former !== "object" || former === null) continue
    changed[section] = { ...former, [key]: value }
  }
  return changed
}

/** The flag that a mistake at this path comes from: ` (--listen)`. Empty if it is the file's. */
export const flagAt = (path: string, changes: Changes): string => {
  for (const [flag, place] of Object.entries(places))
    if (changes[flag as keyof Changes] !== undefined && place.join(".") === path) return ` (--${flag})`
  return ""
}
