import type { Format } from "./families.ts"

/** The media types of the formats. */
export const contentTypes: Readonly<Record<Format, string>> = {
  plain: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
}

/** Returns the weight of a media range; 1 by default, 0 if malformed. */
const weightOf = (parameters: ReadonlyArray<string>): number => {
  const given = parameters.map((parameter) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(parameter)?.[1]).find(Boolean)
  const weight = given === undefined ? 1 : Number(given)
  return weight >= 0 && weight <= 1 ? weight : 0
}

/**
 * Returns the format for a header `Accept`: OpenMetrics if it is named, and weighs no less than plain text. The default
 * is plain text.
 */
export const formatFor = (accept: string | undefined): Format => {
  let open = 0
  let plain = 0
  for (const range of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = range.split(";")
    const name = type.trim().toLowerCase()
    if (name === "application/openmetrics-text") open = Math.max(open, weightOf(parameters))
    else if (name === "text/plain") plain = Math.max(plain, weightOf(parameters))
  }
  return open > 0 && open >= plain ? "openmetrics" : "plain"
}
