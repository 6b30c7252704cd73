/** The patterns in the sections of a site file, and the number of their matches. */
import type { SiteFile } from "../../../Serve/index.ts"
import { Allow, patternOf } from "../../../Site/index.ts"

/** The names of a device that answers. */
export interface Names {
  /** The sensors that the site mirrors. */
  readonly sensors: ReadonlyArray<string>
  readonly requests: ReadonlyArray<string>
}

/** A pattern, and its matches: a number, or `undefined` if only devices that do not answer can match. */
export interface MatchedPattern {
  /** The place in the file: `proxy.sensors[0]`. */
  readonly at: string
  readonly match: string
  readonly kind: keyof Names
  readonly count: number | undefined
}

/** The patterns of one key of a section. */
interface Group {
  readonly at: string
  readonly kind: keyof Names
  /** `true`: of several patterns that match, the first one decides. */
  readonly isOrdered: boolean
  /** Returns the names that a pattern covers, as the section means it. */
  readonly coveredBy: (pattern: string) => (device: string, name: string) => boolean
  readonly patterns: ReadonlyArray<string> | undefined
}

const groupsOf = ({ archive, export: exported, gateway, proxy }: SiteFile): ReadonlyArray<Group> => {
  const matchedBy = (text: string) => patternOf(text).matches
  const requests = (at: string, patterns: Group["patterns"], coveredBy: Group["coveredBy"] = matchedBy): Group => ({
    at,
    kind: "requests",
    isOrdered: false,
    coveredBy,
    patterns
  })
  // an allow list covers requests of the role admin only by their full names
  const allowed = (text: string) => Allow.only(text).permits
  const sensors = (at: string, patterns: Group["patterns"], isOrdered = false): Group => ({
    at,
    kind: "sensors",
    isOrdered,
    coveredBy: matchedBy,
    patterns
  })
  const matches = (rules: ReadonlyArray<{ readonly match: string }> | undefined) => rules?.map(({ match }) => match)
  return [
    requests("proxy.allow", proxy?.allow, allowed),
    requests("proxy.withhold", proxy?.withhold),
    sensors("proxy.sensors", matches(proxy?.sensors), true),
    sensors("archive.sensors", archive?.sensors),
    sensors("export.prometheus.sensors", exported?.prometheus?.sensors),
    sensors("export.prometheus.named", matches(exported?.prometheus?.named), true),
    sensors("export.influx.sensors", exported?.influx?.sensors),
    sensors("export.otlp.sensors", exported?.otlp?.sensors),
    sensors("export.ndjson.sensors", exported?.ndjson?.sensors),
    requests("gateway.allow", gateway?.allow, allowed),
    requests("gateway.withhold", gateway?.withhold)
  ]
}

/** Returns the patterns of all sections but `devices`, with their matches. A device without names does not answer. */
export const matchedPatterns = (
  site: SiteFile,
  devices: ReadonlyMap<string, Names | undefined>
): ReadonlyArray<MatchedPattern> =>
  groupsOf(site).flatMap(({ at, coveredBy, isOrdered, kind, patterns = [] }) => {
    const matchers = patterns.map((text) => ({ mayMean: patternOf(text).mayMean, matches: coveredBy(text) }))
    const counts = matchers.map(() => 0)
    for (const [device, names] of devices)
      for (const name of names?.[kind] ?? [])
        for (const [index, { matches }] of matchers.entries())
          if (matches(device, name)) {
            counts[index]!++
            if (isOrdered) break
          }
    const silent = Array.from(devices).flatMap(([device, names]) => (names === undefined ? [device] : []))
    return patterns.map((match, index): MatchedPattern => {
      const count = counts[index]!
      const isUnknown = count === 0 && silent.some((device) => matchers[index]!.mayMean(device))
      return { at: `${at}[${index}]`, match, kind, count: isUnknown ? undefined : count }
    })
  })
