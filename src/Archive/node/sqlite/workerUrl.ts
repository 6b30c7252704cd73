import { existsSync } from "node:fs"

/**
 * The program of the threads: beside this module as source, below the shared files of the library, or beside the
 * command.
 */
export const workerUrl: URL = ["./worker.ts", "./Archive/node/sqlite/worker.js", "./archive-worker.js"]
  .map((file) => new URL(file, import.meta.url))
  .find((url) => existsSync(url))!
