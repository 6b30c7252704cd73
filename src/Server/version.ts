/**
 * The version of this library in `#version-connect katcp-library` (Rev 5.1 §4.2). A test keeps it equal to the
 * package's.
 */
export const library = { version: "katcp-typescript-0.1", build: "katcp-typescript-0.1.0" } as const
