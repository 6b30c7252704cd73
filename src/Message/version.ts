/**
 * The version of this library, as in its package.json.
 *
 * @category constants
 * @since 0.1.0
 */
export const version = "0.1.0"
