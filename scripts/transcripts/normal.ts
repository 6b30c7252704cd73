/** What of an output differs from run to run, as something that stays. */

/** The first time that transcripts show, in seconds since 1970. */
const epoch = 1790000000
const agePattern = /^(.*\S)\s+(?:\d+(?:\.\d)? (?:s|min|h|d))$/
const clock = /^(\d\d):(\d\d):(\d\d)\.(\d{3})(?= )/

/** An output with times, ages and the ports of clients that are always the same. */
export const normal = (output: string): string => {
  const lines = output.replace(/\s+$/, "").split("\n")
  return ages(clocks(lines))
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\b1[789]\d{8}\.\d+\b/g, counted)
    .replace(/(?<="elapsed":)\d+(?:\.\d+)?/g, since)
    .replace(/127\.0\.0\.1:(?:[3-6]\d{4})\b/g, "127.0.0.1:51234")

  // each a little later than the one before
  function counted(_: string, at: number, whole: string) {
    const before = whole.slice(0, at).match(/\b1[789]\d{8}\.\d+\b/g)?.length ?? 0
    return (epoch + 0.25 + before / 1000).toFixed(3)
  }
  function since(_: string, at: number, whole: string) {
    const before = whole.slice(0, at).match(/"elapsed":/g)?.length ?? 0
    return (0.25 + (before - 1) / 1000).toFixed(3)
  }
}

/** Times of day at the start of lines: whole seconds since the first one are kept, the rest counts up. */
const clocks = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let first: number | undefined
  let count = 0
  return lines.map((line) => {
    const [, hours, minutes, seconds, millis] = clock.exec(line) ?? []
    if (hours === undefined) return line
    const time = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(millis) / 1000
    first ??= time
    // a sensor may have been read before the one that is shown above it
    const since = Math.max(0, Math.round(time - first))
    const shown = (epoch % 86400) + since
    const parts = [Math.floor(shown / 3600), Math.floor(shown / 60) % 60, shown % 60]
    const text = parts.map((part) => String(part).padStart(2, "0")).join(":")
    return `${text}.${String((250 + count++ * 4) % 1000).padStart(3, "0")}${line.slice(12)}`
  })
}

/** The last column of tables of sensors, whose width goes by the ages in it. */
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
