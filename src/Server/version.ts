/** What `#version-connect katcp-library` says of this library (Rev 5.1 §4.2): held equal to the package by a test. */
export const library = { version: "katcp-typescript-0.1", build: "katcp-typescript-0.1.0" } as const
