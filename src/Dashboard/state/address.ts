/** The addresses of the views: each view is the fragment of the page's address (`#…`), so links to it can be shared. */
import { type Column, columns } from "./select.ts"
import { codeOf, statusWords } from "./status.ts"

/** A stretch of time: the newest seconds, or a fixed one (seconds since 1970). */
export type Range = { readonly last: number } | { readonly from: number; readonly to: number }

/** A view. */
export type Address =
  | { readonly view: "devices" }
  | { readonly view: "device"; readonly device: string; readonly request: string | undefined }
  | {
      readonly view: "sensors"
      readonly text: string
      readonly codes: ReadonlyArray<number>
      readonly device: string
      readonly by: Column
      readonly descending: boolean
      readonly columns: ReadonlyArray<Column>
    }
  | { readonly view: "sensor"; readonly sensors: ReadonlyArray<string>; readonly range: Range }
  | { readonly view: "log"; readonly level: string; readonly device: string }
  | { readonly view: "audit" }
  | { readonly view: "nowhere"; readonly text: string }

/** The default columns of a table. */
export const usualColumns: ReadonlyArray<Column> = ["status", "name", "value", "units", "updated", "description"]

/** The table of all sensors. */
export const allSensors = {
  view: "sensors",
  text: "",
  codes: [],
  device: "",
  by: "name",
  descending: false,
  columns: usualColumns
} as const satisfies Address

/** Given by people's habit: the plot of a sensor first shows its last ten minutes. */
export const usualRange: Range = { last: 600 }

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Formats a length of time in the largest unit without a fraction: `90s`, `6h`. */
const lengthText = (seconds: number): string => {
  const unit = (["d", "h", "m"] as const).find((unit) => seconds % units[unit] === 0) ?? "s"
  return `${seconds / units[unit]}${unit}`
}

const lengthOf = (text: string | null): number | undefined => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text ?? "") ?? []
  const seconds = Number(number) * units[unit as keyof typeof units]
  return seconds > 0 ? seconds : undefined
}

const numberOf = (text: string | null): number | undefined => {
  const number = Number(text)
  return text !== null && text !== "" && Number.isFinite(number) ? number : undefined
}

/** Decodes a part of an address; a malformed one is returned as it is. */
const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Parses an address: the text after `#`. */
export const parse = (text: string): Address => {
  const [path = "", query = ""] = text.split(/\?(.*)/s)
  const parts = path.split("/").filter(Boolean).map(decoded)
  const given = new URLSearchParams(query)
  switch (parts[0]) {
    case undefined:
      return { view: "devices" }
    case "devices":
      if (parts[1] === undefined) return { view: "devices" }
      return { view: "device", device: parts[1], request: parts[2] }
    case "sensors": {
      const by = given.get("sort") ?? "name"
      const column = by.replace(/^-/, "") as Column
      const chosen = columns.filter((column) => given.get("columns")?.split(",").includes(column))
      return {
        view: "sensors",
        text: given.get("text") ?? "",
        codes: (given.get("status") ?? "").split(",").flatMap((word) => codeOf(word) ?? []),
        device: given.get("device") ?? "",
        by: columns.includes(column) ? column : "name",
        descending: by.startsWith("-"),
        columns: chosen.length === 0 ? usualColumns : chosen
      }
    }
    case "sensor": {
      if (parts.length < 3) break
      const sensors = [`${parts[1]}/${parts.slice(2).join("/")}`, ...given.getAll("with")]
      const from = numberOf(given.get("from"))
      const to = numberOf(given.get("to"))
      const last = lengthOf(given.get("last"))
      const range =
        from !== undefined && to !== undefined && from < to ? { from, to } : last === undefined ? usualRange : { last }
      return { view: "sensor", sensors: [...new Set(sensors)], range }
    }
    case "log":
      return { view: "log", level: given.get("level") ?? "info", device: given.get("device") ?? "" }
    case "audit":
      return { view: "audit" }
  }
  return { view: "nowhere", text }
}

/** Formats an address, with `#`. */
export const href = (address: Address): string => {
  const given = new URLSearchParams()
  const path = pathOf(address, given)
  const query = String(given)
  return `#${path}${query === "" ? "" : `?${query}`}`
}

const pathOf = (address: Address, given: URLSearchParams): string => {
  switch (address.view) {
    case "devices":
      return "/"
    case "device":
      return ["/devices", address.device, ...(address.request === undefined ? [] : [address.request])]
        .map((part, at) => (at === 0 ? part : encodeURIComponent(part)))
        .join("/")
    case "sensors":
      if (address.text !== "") given.set("text", address.text)
      if (address.codes.length > 0) given.set("status", address.codes.map((code) => statusWords[code]).join(","))
      if (address.device !== "") given.set("device", address.device)
      if (address.by !== "name" || address.descending)
        given.set("sort", `${address.descending ? "-" : ""}${address.by}`)
      if (String(address.columns) !== String(usualColumns)) given.set("columns", address.columns.join(","))
      return "/sensors"
    case "sensor": {
      const [first = "", ...others] = address.sensors
      for (const other of others) given.append("with", other)
      if ("last" in address.range) {
        if (String(address.range.last) !== String((usualRange as { readonly last: number }).last))
          given.set("last", lengthText(address.range.last))
      } else {
        given.set("from", String(address.range.from))
        given.set("to", String(address.range.to))
      }
      const slash = first.indexOf("/")
      return `/sensor/${encodeURIComponent(first.slice(0, slash))}/${encodeURIComponent(first.slice(slash + 1))}`
    }
    case "log":
      if (address.level !== "info") given.set("level", address.level)
      if (address.device !== "") given.set("device", address.device)
      return "/log"
    case "audit":
      return "/audit"
    case "nowhere":
      return address.text
  }
}
