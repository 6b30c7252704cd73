/** Starts programs that exporters talk to, each in a folder of its own; they end with the process, or with {@link endAll}. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../../scripts/freePort.ts"

const folders: Array<string> = []
const running = new Set<ChildProcess>()

/** Ends all programs, and removes their folders. */
export const endAll = (): void => {
  for (const child of running) child.kill("SIGKILL")
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
process.once("exit", endAll)

/** A folder that goes with the programs. */
export const newFolder = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-export-"))
  folders.push(folder)
  return folder
}

/** A program that answers at a URL, until it is stopped. */
export interface Started {
  readonly url: string
  /** Ends it as a crash does. */
  readonly kill: () => Promise<void>
}

/** Starts a program and waits until it answers. */
const started = async (
  command: string,
  args: ReadonlyArray<string>,
  url: string,
  env: Readonly<Record<string, string>> = {}
): Promise<Started> => {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: tmpdir(), ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  running.add(child)
  let said = ""
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000)
    })
  const ended = once(child, "close").then(() => {
    running.delete(child)
  })
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${said}`)
    const is = await fetch(url).then(
      ({ ok }) => ok,
      () => false
    )
    if (is) break
    await sleep(50)
  }
  return {
    url: new URL(url).origin,
    kill: async () => {
      child.kill("SIGKILL")
      await ended
    }
  }
}

/** A Prometheus that scrapes a URL every other second. */
export const startPrometheus = async (program: string, target: string): Promise<Started> => {
  const folder = newFolder()
  const { host, pathname } = new URL(target)
  const file = path.join(folder, "prometheus.yml")
  writeFileSync(
    file,
    JSON.stringify({
      global: { scrape_interval: "2s", scrape_timeout: "2s" },
      scrape_configs: [{ job_name: "katcp", metrics_path: pathname, static_configs: [{ targets: [host] }] }]
    })
  )
  const port = await freePort()
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${path.join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn"
  ]
  return started(program, args, `http://127.0.0.1:${port}/-/ready`)
}

/** An InfluxDB of version 1, at a port, by default a free one, with its data in a folder. */
export const startInfluxd = async (program: string, folder = newFolder(), port?: number): Promise<Started> => {
  const at = port ?? (await freePort())
  const data = (name: string) => {
    const place = path.join(folder, name)
    mkdirSync(place, { recursive: true })
    return place
  }
  return started(program, ["run", "-config", "/dev/null"], `http://127.0.0.1:${at}/ping`, {
    INFLUXDB_META_DIR: data("meta"),
    INFLUXDB_DATA_DIR: data("data"),
    INFLUXDB_DATA_WAL_DIR: data("wal"),
    INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${at}`,
    INFLUXDB_BIND_ADDRESS: `127.0.0.1:${await freePort()}`,
    INFLUXDB_REPORTING_DISABLED: "true",
    INFLUXDB_MONITOR_STORE_ENABLED: "false",
    INFLUXDB_HTTP_LOG_ENABLED: "false"
  })
}

/** A VictoriaMetrics of one node. */
export const startVictoriaMetrics = async (program: string): Promise<Started> => {
  const port = await freePort()
  const args = [
    `-storageDataPath=${newFolder()}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    "-retentionPeriod=100y",
    "-loggerLevel=ERROR"
  ]
  return started(program, args, `http://127.0.0.1:${port}/health`)
}
