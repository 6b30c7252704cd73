/**
 * The limits of a `Parser`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ParserOptions {
  /** The longest line, in bytes without its end. Default 16777216 (16 MiB). A longer line gives one error. */
  readonly maxLine?: number | undefined
  /**
   * The largest number of arguments of a message. Default 65536. A line with more gives one error with the line's kind,
   * name and id as `head`.
   */
  readonly maxArguments?: number | undefined
}

/**
 * The default for the longest line in bytes: 16 MiB. Measured: a line of this size that is all escapes takes 50 ms to
 * read.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxLine = 16777216

/**
 * The default for the largest number of arguments: 65536. Not measured: such a message counts as 2 MB while its request
 * runs (32 bytes an argument).
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxArguments = 65536
