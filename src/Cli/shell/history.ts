/** The lines that a user has typed before, over all shells: the newest 1000. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import * as path from "node:path"

const kept = 1000

const file = (): string => {
  const { KATCP_HISTORY, XDG_STATE_HOME } = process.env
  if (KATCP_HISTORY !== undefined && KATCP_HISTORY !== "") return KATCP_HISTORY
  const state =
    XDG_STATE_HOME === undefined || XDG_STATE_HOME === "" ? path.join(homedir(), ".local", "state") : XDG_STATE_HOME
  return path.join(state, "katcp", "history")
}

/** The lines, newest first, as Node's line editor wants them. */
export const load = (): Array<string> => {
  try {
    return readFileSync(file(), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .slice(-kept)
      .reverse()
  } catch {
    // there is none yet
    return []
  }
}

/** Keeps the lines, newest first; where that cannot be done, a shell is still of use. */
export const save = (lines: ReadonlyArray<string>): void => {
  try {
    mkdirSync(path.dirname(file()), { recursive: true })
    writeFileSync(
      file(),
      `${lines
        .slice(0, kept)
        .map((line) => line.trim())
        .reverse()
        .join("\n")}\n`,
      { mode: 0o600 }
    )
  } catch {
    // no place to keep them
  }
}
