/** The version of the package; a test keeps them equal. */
export const version = "0.1.0"
