/** Flags of `katcp history` that take a time. */
const timed = new Set(["--from", "--to", "--at"])

/**
 * Returns the words of the command line with `--from -1h` joined into one word: a time before now begins like a flag.
 */
export const withPastTimes = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (words[0] !== "history") return words
  const joined: Array<string> = []
  for (const word of words) {
    const before = joined.at(-1)
    if (before !== undefined && timed.has(before) && /^-\d/.test(word)) joined[joined.length - 1] = `${before}=${word}`
    else joined.push(word)
  }
  return joined
}
