/** A PostgreSQL for tests: a cluster in a folder of its own, on a free port of this machine. */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { chownSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { freePort } from "../../scripts/freePort.ts"
import { install } from "../../scripts/postgres.ts"
import { load } from "../../src/Archive/node/postgres/driver.ts"

const run = promisify(execFile)

/** A PostgreSQL that runs. */
export interface Cluster {
  readonly url: string
  /** Makes an empty database, and returns its address. */
  readonly database: () => Promise<string>
  /** Stops all its processes, as a machine that hangs does: connections stay, and nothing is answered. */
  readonly freeze: () => Promise<void>
  readonly thaw: () => Promise<void>
  /** Ends it as a power cut does: connections break, and it recovers when it starts again. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** Runs a statement at an address. */
export const statement = (text: string, url: string) =>
  Effect.gen(function* () {
    const { layer } = yield* load(url)
    const sql = Context.get(
      yield* Layer.build(
        layer({
          url: Redacted.make(url),
          maxConnections: 1,
          applicationName: "test",
          connectTimeout: "5 seconds",
          keepAlive: "1 minute"
        })
      ),
      SqlClient
    )
    return yield* sql.unsafe<Record<string, unknown>>(text)
  }).pipe(Effect.scoped, Effect.orDie)

/** PostgreSQL does not run as root. */
const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/**
 * Makes and starts a cluster; a text tells why it failed. With `quick` it does not wait for the disk: what it has
 * written is there when it ends, not when the machine does.
 */
export const cluster = async ({ quick = false } = {}): Promise<Cluster | string> => {
  const found = await install()
  if ("missing" in found) return found.missing
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-postgres-"))
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = path.join(folder, "data")
  const program = (name: string) => path.join(found.bin, name)
  const env = { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" }
  await run(program("initdb"), ["-D", data, "-U", "katcp", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], {
    ...user,
    cwd: folder,
    env
  })
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async () => {
    const options = ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"]
    if (quick) options.push("-c", "fsync=off")
    child = spawn(program("postgres"), options, { ...user, cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] })
    await new Promise<void>((resolve, reject) => {
      let said = ""
      child!.stderr!.setEncoding("utf8").on("data", (text: string) => {
        said += text
        if (said.includes("database system is ready to accept connections")) resolve()
      })
      child!.once("exit", () => reject(new Error(`PostgreSQL ended: ${said}`)))
    })
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      if (child === undefined || child.exitCode !== null) return resolve()
      child.once("exit", () => resolve())
      child.kill("SIGQUIT")
    })
  await start()
  const url = `postgres://katcp@127.0.0.1:${port}/postgres`
  let databases = 0
  const signal = async (name: NodeJS.Signals) => {
    const { stdout } = await run("pgrep", ["-P", String(child!.pid)])
    for (const pid of [child!.pid!, ...stdout.trim().split("\n").map(Number)]) process.kill(pid, name)
  }
  return {
    url,
    database: async () => {
      const name = `made_${++databases}`
      await Effect.runPromise(statement(`create database ${name}`, url))
      return url.replace(/\/postgres$/, `/${name}`)
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    start,
    stop,
    remove: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
