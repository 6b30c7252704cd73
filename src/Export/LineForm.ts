import type { Change } from "../Site/index.ts"

/**
 * Changes as lines.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lines {
  /** The lines, each with its end. All of it is UTF-8. */
  readonly text: string
  /** Readings among them. */
  readonly readings: number
  /** Readings of which something was replaced, since the form cannot hold it. */
  readonly altered: number
}

/**
 * A form that writes each reading as a line of text.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineForm {
  /** The name of a sink of this form. */
  readonly name: string
  /** The media type of the lines. */
  readonly contentType: string
  /** Returns the first line of a file that is begun at a time (seconds since 1970), with its end; empty if there is none. */
  readonly head: (time: number) => string
  /** Returns changes as lines. */
  readonly lines: (changes: ReadonlyArray<Change>) => Lines
  /** Returns the line that tells that so many changes were lost; empty if the form has none. */
  readonly gap: (lost: number, time: number) => string
}
