/** The version of the package: held equal to it by a test. */
export const version = "0.1.0"
