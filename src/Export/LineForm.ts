import type { Change } from "../Site/index.ts"

/**
 * Changes as lines.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lines {
  /** The lines, each with its end, in UTF-8. */
  readonly text: string
  /** The number of readings among them. */
  readonly readings: number
  /** The number of readings with replaced parts, because the form cannot hold them. */
  readonly altered: number
}

/**
 * A form with a line of text for each reading.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineForm {
  /** The name of a sink of this form. */
  readonly name: string
  /** The media type of the lines. */
  readonly contentType: string
  /**
   * Returns the first line of a file that begins at a time (seconds since 1970), with its end; empty without a first
   * line.
   */
  readonly head: (time: number) => string
  /** Returns changes as lines. */
  readonly lines: (changes: ReadonlyArray<Change>) => Lines
  /** Returns the line for lost changes; empty if the form has no such line. */
  readonly gap: (lost: number, time: number) => string
}
