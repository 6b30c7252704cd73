/**
 * The version of this library, as its package has it.
 *
 * @category constants
 * @since 0.1.0
 */
export const version = "0.1.0"
