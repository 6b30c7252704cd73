import { existsSync } from "node:fs"

/** The program of the threads: beside this module as source, below the entry point of the library, or beside the command. */
export const workerUrl: URL = ["./worker.ts", "./sqlite/worker.js", "./archive-worker.js"]
  .map((file) => new URL(file, import.meta.url))
  .find((url) => existsSync(url))!
