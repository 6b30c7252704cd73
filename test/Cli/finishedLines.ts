import { readFileSync } from "node:fs"

/** The lines of a file that have an end. Meanwhile it may be written to, moved or made: the last line may not be whole. */
export const finishedLines = (file: string): ReadonlyArray<string> => {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw error
  }
}
