/** The differences between a site file and the devices that its fleet is to hold. */

/**
 * A device that differs between a site file and the database of its fleet.
 *
 * @category devices
 * @since 0.1.0
 */
export interface Difference {
  readonly device: string
  readonly event: "file only" | "database only" | "other"
}

/**
 * Returns the devices that differ between a site file, with its devices as `written`, and the fleet.
 *
 * @category devices
 * @since 0.1.0
 */
export const differencesBetween = (
  written: Readonly<Record<string, unknown>>,
  wished: ReadonlyMap<string, unknown>
): ReadonlyArray<Difference> => {
  const same = (one: unknown, other: unknown) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
  return [
    ...Object.entries(written).flatMap(([device, section]): ReadonlyArray<Difference> => {
      if (!wished.has(device)) return [{ device, event: "file only" }]
      return same(section, wished.get(device)) ? [] : [{ device, event: "other" }]
    }),
    ...[...wished.keys()]
      .filter((device) => !Object.hasOwn(written, device))
      .map((device): Difference => ({ device, event: "database only" }))
  ]
}

/** Sorts the keys of data, because a database has its own order. */
const sorted = (data: unknown): unknown => {
  if (Array.isArray(data)) return data.map(sorted)
  if (typeof data !== "object" || data === null) return data
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]) => [key, sorted(value)] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1))
  )
}

/** The names in a warning. Not measured: one line. */
const shownNames = 3

const listed = (names: ReadonlyArray<string>): string => {
  const more = names.length - shownNames
  if (more > 1) return `${names.slice(0, shownNames).join(", ")} and ${more} more`
  return [names.slice(0, -1).join(", "), names.at(-1)!].filter((text) => text !== "").join(" and ")
}

/**
 * Returns a warning for a runner whose file has devices that are not in the fleet, or differ there; `undefined` without
 * such devices. Devices of the fleet alone are usual: they were added to it.
 */
export const differenceWarning = (
  file: string,
  address: string,
  written: Readonly<Record<string, unknown>>,
  wished: ReadonlyMap<string, unknown>
): string | undefined => {
  const found = differencesBetween(written, wished)
  const of = (event: Difference["event"]) => found.filter((one) => one.event === event).map(({ device }) => device)
  const [missing, other] = [of("file only"), of("other")]
  const said = [
    ...(missing.length === 0
      ? []
      : [`${listed(missing)} of ${file} ${missing.length === 1 ? "is" : "are"} not in the fleet of ${address}`]),
    ...(other.length === 0
      ? []
      : [`${listed(other)} of ${file} ${other.length === 1 ? "differs" : "differ"} from the fleet of ${address}`])
  ]
  if (said.length === 0) return undefined
  return `fleet: ${said.join("; ")}: the database decides. katcp serve --check ${file} shows the differences`
}
