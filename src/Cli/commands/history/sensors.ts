/** The sensors in the words of a command. */

/**
 * Returns patterns of `device/sensor`. If the first word is a whole device, the words after it are its sensors, except
 * words with a `/` that is not their first character: those are patterns of their own.
 */
export const patternsOf = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first, ...rest] = words
  if (first === undefined) return ["*"]
  if (first.includes("/")) return words
  const isOwn = (word: string) => !word.startsWith("/") && word.includes("/")
  const sensors = rest
    .filter((word) => !isOwn(word))
    .map((word) =>
      word.startsWith("/")
        ? `/^${expressionOf(first)}\\/.*(?:${word.slice(1).replace(/\/$/, "")})/`
        : `${first}/${word}`
    )
  return [...(sensors.length > 0 ? sensors : [first]), ...rest.filter(isOwn)]
}

/** A glob over devices as a regular expression. */
const expressionOf = (glob: string): string =>
  glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]")
