/** Chance that can be repeated: the same seed gives the same numbers on every machine. */

/** A source of numbers from 0 up to, not including, 1 (mulberry32). */
export type Chance = () => number

export const chance = (seed: number): Chance => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A whole number from 0 up to, not including, `end`. */
export const below = (next: Chance, end: number): number => Math.floor(next() * end)

/** One of a list. */
export const one = <A>(next: Chance, list: ReadonlyArray<A>): A => list[below(next, list.length)]!

/** The seed of the runs that are the same every time. */
export const fixedSeed = 20_260_101
