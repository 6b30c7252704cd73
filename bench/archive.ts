/**
 * What an archive costs: `node bench/archive.ts`, after `npm run build`. It prints the rows of `npm run bench -- --only archive`,
 * which it is: this file only saves the words.
 */
process.argv.push("--only", "archive", "--rounds", "1")
await import("./main.ts")
