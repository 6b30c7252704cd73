/**
 * The cost of an archive: `node bench/archive.ts`, after `npm run build`. A shorthand for `npm run bench -- --only
 * archive`.
 */
process.argv.push("--only", "archive", "--rounds", "1")
await import("./main.ts")
