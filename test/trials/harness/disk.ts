import { execFile } from "node:child_process"
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** A disk that can be filled: a small file system of its own, or, where that is not allowed, a limit on the size of files. */
export interface Disk {
  readonly kind: string
  readonly folder: string
  /** Fills it, for a program. */
  readonly fill: (program: { readonly pid: number }) => Promise<void>
  readonly free: (program: { readonly pid: number }) => Promise<void>
  readonly remove: () => Promise<void>
}

/** Makes a disk of so many bytes in a folder. */
export const smallDisk = async (folder: string, bytes: number): Promise<Disk> => {
  const disk = path.join(folder, "disk")
  mkdirSync(disk)
  const ballast = path.join(disk, "ballast")
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", disk])
  } catch {
    // the largest file grows until the limit that is set here; a killed process is not what happens: Node ignores the signal
    const limit =
      (size: number | string) =>
      async ({ pid }: { readonly pid: number }) => {
        await run("prlimit", ["--pid", String(pid), `--fsize=${size}:unlimited`])
      }
    return {
      kind: "a limit on the size of files",
      folder: disk,
      fill: limit(200_000),
      free: limit("unlimited"),
      remove: async () => {}
    }
  }
  return {
    kind: `a file system of ${bytes / 1e6} MB`,
    folder: disk,
    fill: async () => {
      const { bavail, bsize } = statfsSync(disk)
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 65_536)))
      } catch (error) {
        // the program has written meanwhile: the disk is full all the same
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
      }
    },
    free: async () => rmSync(ballast),
    remove: async () => {
      await run("umount", [disk])
    }
  }
}
