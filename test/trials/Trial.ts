/**
 * A trial: a proof that takes too long for the tests. Each file of this folder that exports `trial` is one; its name is
 * that of the file. `npm run trials -- NAME` runs it and writes its table to docs/trials.md.
 */

/** The outcome of a trial. */
export interface Outcome {
  /** A table in Markdown, with what it needs to be understood. */
  readonly table: string
  /** The faults; empty without any. */
  readonly faults: ReadonlyArray<string>
}

/** A trial. */
export interface Trial {
  /** The procedure and the requirements, in one or two sentences, above the table. */
  readonly about: string
  /** How long it takes on two processors, for people: `4 minutes`. */
  readonly takes: string
  /** Runs it. `say` tells the person at the terminal how far it is. */
  readonly run: (say: (text: string) => void) => Promise<Outcome>
}

/** Returns a table in Markdown. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
