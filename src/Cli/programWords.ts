/** Flags of `katcp run` that take a value. */
const valued = new Set([
  "--out-level",
  "--err-level",
  "--subsystem",
  "-s",
  "--protocol",
  "--log-level",
  "--completions"
])

/**
 * Returns the words of the command line with `--` before the program of `katcp run`: words after its name are the
 * program's flags, as in `katcp run ls -l`.
 */
export const withProgram = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (words[0] !== "run") return words
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!
    if (word === "--") return words
    if (!word.startsWith("-") || word === "-") return [...words.slice(0, at), "--", ...words.slice(at)]
    if (valued.has(word)) at++
  }
  return words
}
