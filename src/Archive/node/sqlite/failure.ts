/** Converts failures of SQLite into failures of the store, with a remedy. */
import { StoreFailed } from "../../errors.ts"
import type { Failure } from "./calls.ts"

/** By SQLite's codes: the reason, the failure, and a remedy. */
const known = new Map<number, readonly [StoreFailed["why"], (detail: string) => string]>([
  [13, ["full", () => "the disk, or the limit of the file, is full"]],
  [
    8,
    [
      "broken",
      (detail) => `${detail}. May this program write to the file and its folder? Is the disk mounted read only?`
    ]
  ],
  [
    10,
    [
      "broken",
      (detail) =>
        `${detail}: the system could not read or write the file. Look at the disk, and at the log of the system`
    ]
  ],
  [
    11,
    [
      "broken",
      (detail) =>
        `${detail}: the file is damaged. Move it aside and begin a new one; sqlite3 FILE .recover may save what is in it`
    ]
  ],
  [
    14,
    [
      "broken",
      () =>
        "the file cannot be opened. Does the folder exist, and may you write to it? SQLite writes FILE-wal and FILE-shm beside the file, also to read it"
    ]
  ],
  [26, ["broken", () => "the file is not a database of SQLite. Name another file."]]
])

/** Converts a failure of a thread into one of the store. */
export const storeFailed = (store: string, { code, message, why }: Failure): StoreFailed => {
  if (why === "newer" || why === "foreign" || why === "held") return new StoreFailed({ why, store, detail: message })
  const found = code === undefined ? undefined : known.get(code & 0xff)
  return found === undefined
    ? new StoreFailed({ why: "broken", store, detail: message })
    : new StoreFailed({ why: found[0], store, detail: found[1](message) })
}
