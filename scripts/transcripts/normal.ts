/** Replaces the parts of an output that differ from run to run. */

import * as DateTime from "effect/DateTime"

/** The first time in transcripts, in seconds since 1970. */
const epoch = 1790000000
const agePattern = /^(.*\S)\s+(?:\d+(?:\.\d)? (?:s|min|h|d))$/
const clock = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)(?= )/
/** The offset of the transcripts' time zone, in seconds. */
const zone = 7200

/** Returns an output with constant times, ages and client ports. */
export const normal = (output: string): string => {
  const lines = output
    .replace(/\s+$/, "")
    // the device of a transcript may have started more than a second before
    .replace(/ \(received \d+(?:\.\d)? \w+ later\)/g, "")
    .split("\n")
    // a device that greets late is examined by two more connections, which it announces
    .filter((line) => !line.startsWith("#client-connected "))
  return ages(clocks(lines))
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\b1[789]\d{8}\.\d+\b/g, counted)
    .replace(/(?<="elapsed":)\d+(?:\.\d+)?/g, since)
    .replace(/127\.0\.0\.1:(?:[3-6]\d{4})\b/g, "127.0.0.1:51234")

  // each a little later than the previous one
  function counted(_: string, at: number, whole: string) {
    const before = whole.slice(0, at).match(/\b1[789]\d{8}\.\d+\b/g)?.length ?? 0
    return (epoch + 0.25 + before / 1000).toFixed(3)
  }
  function since(_: string, at: number, whole: string) {
    const before = whole.slice(0, at).match(/"elapsed":/g)?.length ?? 0
    return (0.25 + (before - 1) / 1000).toFixed(3)
  }
}

/** Replaces times at the start of lines: whole seconds since the first one are kept, and the rest counts up. */
const clocks = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let first: number | undefined
  let count = 0
  return lines.map((line) => {
    const [text] = clock.exec(line) ?? []
    if (text === undefined) return line
    const time = Date.parse(text.replace(" ", "T")) / 1000
    first ??= time
    // a sensor may have been read before the one shown above it
    const since = Math.max(0, Math.round(time - first))
    const isUtc = text.endsWith("Z")
    const millis = (250 + count++ * 4) % 1000
    const shown = DateTime.formatIso(DateTime.makeUnsafe((epoch + since + (isUtc ? 0 : zone)) * 1000 + millis))
    return `${shown.replace("T", " ").replace("Z", isUtc ? "Z" : "+02:00")}${line.slice(text.length)}`
  })
}

/** Replaces the last column of sensor tables, whose width depends on the ages in it. */
const ages = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const head = lines.findIndex((line) => /^sensor .* age$/.test(line))
  if (head === -1) return lines
  const rest = (line: string) => agePattern.exec(line)?.[1]
  const title = lines[head]!.replace(/\s+age$/, "")
  const width = Math.max(title.length, ...lines.map((line) => rest(line)?.length ?? 0))
  return lines.map((line, at) => {
    if (at === head) return `${title.padEnd(width)}   age`
    const left = rest(line)
    return at < head || left === undefined ? line : `${left.padEnd(width)}  12 s`
  })
}
