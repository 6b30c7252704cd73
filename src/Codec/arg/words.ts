import { encodeText, expectValue } from "../../Message/index.ts"

/** Words, found by their bytes without creating text. */
export class Words {
  readonly #words: ReadonlyArray<Uint8Array>
  readonly #slots: Int32Array
  readonly #mask: number
  readonly #longest: number

  /** Throws a `TypeError` if there is no word, or if a word occurs twice. */
  constructor(words: ReadonlyArray<string>) {
    for (const word of words) expectValue("a discrete type", typeof word === "string", "words", word)
    if (words.length === 0) throw new TypeError("a discrete type needs a value")
    this.#words = words.map((word) => encodeText(word))
    this.#longest = this.#words.reduce((longest, word) => Math.max(longest, word.length), 0)
    let size = 4
    while (size < words.length * 2) size *= 2
    this.#mask = size - 1
    this.#slots = new Int32Array(size).fill(-1)
    this.#words.forEach((word, index) => {
      if (this.indexAt(word, 0, word.length) !== -1)
        throw new TypeError(`${JSON.stringify(words[index])} occurs twice among the values of a discrete type`)
      let slot = this.#slot(word, 0, word.length)
      while (this.#slots[slot] !== -1) slot = (slot + 1) & this.#mask
      this.#slots[slot] = index
    })
  }

  /** Returns the index of the word from `start` to `end`, or -1 for other bytes. */
  indexAt(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > this.#longest) return -1
    for (let slot = this.#slot(bytes, start, end); ; slot = (slot + 1) & this.#mask) {
      const index = this.#slots[slot]!
      if (index === -1) return -1
      const word = this.#words[index]!
      if (word.length === end - start) {
        let at = 0
        while (at < word.length && word[at] === bytes[start + at]) at++
        if (at === word.length) return index
      }
    }
  }

  #slot(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start
    for (let at = start; at < end; at++) hash = (hash * 31 + bytes[at]!) | 0
    return (hash ^ (hash >>> 16)) & this.#mask
  }
}
