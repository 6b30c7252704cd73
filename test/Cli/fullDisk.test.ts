/** A full disk is not a success: of the standard output, and of a recording. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { command, device, katcp, start } from "./katcp.ts"

let host = ""
const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
beforeAll(async () => {
  host = (await device("--sensors", "50")).address
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a command whose standard output is a file; gives its exit code and its standard error. */
const into = async (file: string, args: ReadonlyArray<string>, blocks?: number) => {
  const fd = openSync(file, "w")
  // a limit on the size of files does what a disk does that is nearly full: it takes a part of what is written
  const limit = blocks === undefined ? "" : `ulimit -f ${blocks}; `
  const child = spawn("bash", ["-c", `${limit}exec "$@"`, "bash", process.execPath, command, ...args], {
    stdio: ["pipe", fd, "pipe"]
  })
  closeSync(fd)
  let err = ""
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    err += text
  })
  return { child, ended: once(child, "close").then(([code]) => ({ code: code as number, err })), said: () => err }
}

const full = "katcp: cannot write the output: the disk is full\n"

describe("a standard output on a full disk", () => {
  it("is one line on standard error and exit code 2, for every command", async () => {
    for (const args of [
      ["--help"],
      ["--version"],
      ["--completions", "bash"],
      ["call", host, "watchdog"],
      ["call", host, "sensor-list", "--json"],
      ["list", host],
      ["list", host, "--json"],
      ["get", host, "test.int"],
      ["help", host],
      ["info", host],
      ["contract", host],
      ["contract", host, "--typescript"],
      ["monitor", host, "*", "--strategy", "period 0.01"],
      ["wait", host, "test.int", "0"],
      ["conform", host, "--only", "wire-001", "--all"],
      ["msg", "hello"],
      ["run", "echo", "hello"],
      ["con", "echo hello"],
      ["tap", "0", host, "--json"],
      ["simulate", "--copy", host, "--listen", "0", "--json"]
    ]) {
      const { ended } = await into("/dev/full", args)
      assert.deepStrictEqual(await ended, { code: 2, err: full }, args.join(" "))
    }
  })

  it("is detected even if the disk fills up during the last write", async () => {
    const file = path.join(folder, "contract.json")
    const { ended } = await into(file, ["contract", host, "--json"], 1)
    assert.deepStrictEqual(await ended, {
      code: 2,
      err: "katcp: cannot write the output: the file would become too large\n"
    })
    assert.strictEqual(statSync(file).size, 1024)
  })

  it("of a tap does not affect its clients; it is reported once, and the tap ends with exit code 2", async () => {
    const { child, ended, said } = await into("/dev/full", ["tap", "0", host])
    let at = ""
    while (at === "") {
      await once(child.stderr!, "data")
      at = /(127\.0\.0\.1:\d+) reach/.exec(said())?.[1] ?? ""
    }
    for (let time = 0; time < 3; time++)
      assert.strictEqual((await katcp(["call", at, "watchdog"])).out, "!watchdog[2] ok\n")
    child.kill("SIGTERM")
    const { code, err } = await ended
    assert.strictEqual(code, 2)
    assert.strictEqual(err.split("the disk is full; clients are still served\n").length, 2, err)
  })
})

describe("a recording", () => {
  /** A tap whose files can have so many KiB. */
  const tap = (file: string, blocks: number) => {
    const script = `ulimit -f ${blocks}; exec "$@"`
    const args = [process.execPath, command, "tap", "0", host, "--record", file]
    const child = spawn("bash", ["-c", script, "bash", ...args])
    let err = ""
    child.stdout.resume()
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text
    })
    return {
      child,
      ended: once(child, "close").then(([code]) => ({ code: code as number, err })),
      listening: async () => {
        for (;;) {
          const at = /(127\.0\.0\.1:\d+) reach/.exec(err)?.[1]
          if (at !== undefined) return at
          await once(child.stderr, "data")
        }
      }
    }
  }

  it("that does not fit the disk does not affect the clients; it is reported once, and the written part can be replayed", async () => {
    const file = path.join(folder, "large.ndjson")
    const { child, ended, listening } = tap(file, 4)
    const at = await listening()
    for (let time = 0; time < 3; time++) assert.match((await katcp(["call", at, "help"])).out, /\n!help\[2\] ok \d+\n$/)
    child.kill("SIGTERM")
    const { code, err } = await ended
    assert.strictEqual(code, 2)
    assert.strictEqual(err.split("the recording ends here, and clients are still served\n").length, 2, err)
    assert.include(err, `cannot write to ${file}: the file would become too large`)
    const replay = start(["replay", file, "--listen", "0", "--json"])
    await replay.until(({ out }) => out.includes("listening"))
    replay.child.kill("SIGTERM")
    assert.strictEqual((await replay.ended).code, 0)
  })

  it("can be read only by its owner, even if it replaces a file that everyone could read (P-425)", async () => {
    const file = path.join(folder, "rights.ndjson")
    for (const before of [undefined, 0o644]) {
      if (before !== undefined) closeSync(openSync(file, "w", before))
      const { child, ended, listening } = tap(file, 1000)
      assert.strictEqual((await katcp(["call", await listening(), "watchdog"])).code, 0)
      child.kill("SIGTERM")
      assert.strictEqual((await ended).code, 0)
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.include(readFileSync(file, "utf8"), "!watchdog[2] ok")
      rmSync(file)
    }
  })

  it("in a missing folder is refused at once", async () => {
    const { code, err } = await katcp(["tap", "0", host, "--record", path.join(folder, "none", "x")])
    assert.strictEqual(code, 2)
    assert.match(err, /cannot write to .*: there is no such file or folder\n$/)
  })
})
