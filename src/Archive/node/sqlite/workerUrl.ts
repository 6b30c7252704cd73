import { existsSync } from "node:fs"

/** The program of the threads: beside this module as source or compiled, or beside the bundled command. */
export const workerUrl: URL = [
  new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url),
  new URL("./archive-worker.js", import.meta.url)
].find((url) => existsSync(url))!
