/** The fields of JSON objects: those that a document lists, and those that objects have. */

/** The documentation of the objects under one heading. */
export interface Fields {
  /** By their paths: `name`, `arguments[]`, `versions.*.build`. */
  readonly own: ReadonlyArray<string>
  /** Those whose value is described elsewhere: what is within them is not looked at. */
  readonly opaque: ReadonlyArray<string>
  /** The headings of tables whose fields they have, too. */
  readonly shared: ReadonlyArray<string>
}

/** All tables of fields, by the heading that they stand under. */
export const fieldsIn = (document: string): ReadonlyMap<string, Fields> => {
  const found = new Map<string, Fields>()
  let heading = ""
  let inTable = false
  for (const line of document.split("\n")) {
    if (/^#+ /.test(line)) heading = line.replace(/^#+ +/, "").replaceAll("`", "")
    if (line === "| field | type | meaning |") inTable = true
    else if (!line.startsWith("|")) inTable = false
    else if (inTable && !line.startsWith("|---")) {
      const { opaque, own, shared } = found.get(heading) ?? { own: [], opaque: [], shared: [] }
      const [, first = ""] = line.split("|")
      const names = [...first.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
      const links = names.length > 0 ? [] : [...line.matchAll(/\(#([\w-]+)\)/g)].map(([, link]) => link!)
      found.set(heading, {
        own: [...own, ...names],
        opaque: line.includes("see [contract.md]") ? [...opaque, ...names] : opaque,
        shared: [...shared, ...links]
      })
    }
  }
  return found
}

/** The paths of all values in an object that are neither objects nor lists, and of empty ones. */
export const pathsOf = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`))
  if (typeof value !== "object" || value === null) return [path]
  return Object.entries(value).flatMap(([key, item]) => pathsOf(item, path === "" ? key : `${path}.${key}`))
}

/** `true` if a path is one of a field: `*` stands for any name. */
export const isOf = (field: string, path: string): boolean => {
  const [fields, parts] = [field.split("."), path.split(".")]
  return fields.length === parts.length && fields.every((one, at) => one === "*" || one === parts[at])
}
