/** The lines typed by a user in all shells: the newest 1000. */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { homedir } from "node:os"
import * as path from "node:path"

/**
 * Lines that a history keeps. Not measured: the default of several shells; reading 1000 lines takes less than a
 * millisecond.
 */
const kept = 1000
/**
 * Lines above which the file is shortened. Not measured: with four times the lines kept, one shell in 3000 lines takes
 * the lock.
 */
const maxLines = 4 * kept
/**
 * Milliseconds that a shell waits for another one that shortens the file. Not measured: rewriting the file takes a few,
 * and the wait must not be noticed.
 */
const lockTimeout = 200
/**
 * The age in milliseconds at which a lock was left behind by a shell that was killed. Not measured: a thousand times
 * as long as a lock is held.
 */
const abandoned = 5000

const fileName = (): string => {
  const { KATCP_HISTORY, XDG_STATE_HOME } = process.env
  if (KATCP_HISTORY !== undefined && KATCP_HISTORY !== "") return KATCP_HISTORY
  const state =
    XDG_STATE_HOME === undefined || XDG_STATE_HOME === "" ? path.join(homedir(), ".local", "state") : XDG_STATE_HOME
  return path.join(state, "katcp", "history")
}

/**
 * The history in its file. Shells append to it line by line, so simultaneous shells keep the lines of
 * both. A history that cannot be kept does not stop a shell: it then lasts as long as the shell.
 */
export class History {
  private readonly file = fileName()
  /** The lines of this shell, oldest first; they are also in the file, if it can be written. */
  private readonly own: Array<string> = []

  /** Reads the lines of all shells so far: newest first, without duplicates. */
  load(): Array<string> {
    const lines = [...this.read(), ...this.own]
    if (lines.length > maxLines) this.shorten()
    return [...new Set(lines.reverse())].slice(0, kept)
  }

  /** Adds a line, unless it repeats the previous one. */
  add(typed: string): void {
    const line = typed.trim()
    if (line === "" || line === this.own.at(-1)) return
    this.own.push(line)
    if (this.own.length > kept) this.own.shift()
    this.locked(() => {
      mkdirSync(path.dirname(this.file), { recursive: true })
      appendFileSync(this.file, `${line}\n`, { mode: 0o600 })
    })
  }

  private read(): Array<string> {
    try {
      return readFileSync(this.file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    } catch {
      // there is no file yet
      return []
    }
  }

  private shorten(): void {
    this.locked(() => {
      const lines = [...new Set(this.read().reverse())].slice(0, kept).reverse()
      const next = `${this.file}.${process.pid}`
      writeFileSync(next, `${lines.join("\n")}\n`, { mode: 0o600 })
      renameSync(next, this.file)
    })
  }

  /** Runs a change while no other shell changes the file. */
  private locked(change: () => void): void {
    const lock = `${this.file}.lock`
    try {
      mkdirSync(path.dirname(lock), { recursive: true })
      const held = take(lock)
      try {
        change()
      } finally {
        if (held) rmdirSync(lock)
      }
    } catch {
      // there is no place for the file
    }
  }
}

/** Takes a lock. Returns `false` if another shell holds it for too long: the change is then still made. */
const take = (lock: string): boolean => {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; ; waited += 5) {
    try {
      mkdirSync(lock)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
      // the times of files are those of the host's clock
      // @effect-diagnostics-next-line globalDate:off
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY) > abandoned)
        rmSync(lock, { recursive: true, force: true })
      else if (waited >= lockTimeout) return false
      else Atomics.wait(pause, 0, 0, 5)
    }
  }
}
