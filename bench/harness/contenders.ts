/** The contenders: the project, the peers, the floors; each as a server, a client and a codec. */
import { existsSync } from "node:fs"
import * as path from "node:path"
import { bench, built, corpus, type Peers, program } from "./prepare.ts"
import type { Contender } from "./programs.ts"

/** A client or a codec, which measures itself. */
export interface Program {
  readonly name: string
  readonly words: (...args: ReadonlyArray<string>) => ReadonlyArray<string>
}
/** An archive: its store, and a site with an archive. Each measures itself. */
export interface Archiver {
  readonly name: string
  readonly store: Program["words"] | undefined
  readonly site: Program["words"] | undefined
}
/** A command that is started each time. */
export interface Command {
  readonly name: string
  readonly scenario: "help" | "call"
  readonly words: (port: number) => ReadonlyArray<string>
}

export interface Contenders {
  readonly servers: ReadonlyArray<Contender>
  readonly clients: ReadonlyArray<Program>
  readonly codecs: ReadonlyArray<Program>
  /** Clients that mirror all sensors of the same server: {@link mirrored}. */
  readonly mirrors: ReadonlyArray<Program>
  /** Many clients of the same server, all in one process. */
  readonly fleets: ReadonlyArray<Program>
  /** Sites of several devices in one process, each device a server like {@link mirrored}. */
  readonly sites: ReadonlyArray<Program>
  /** Archives; the floor is a plain loop over the same engines. */
  readonly archivers: ReadonlyArray<Archiver>
  /** Proxies of the same device. */
  readonly proxies: ReadonlyArray<ProxyContender>
  /** Clients of the same fake board. */
  readonly boards: ReadonlyArray<Program>
  /** Commands that are started each time, with bare Node as the floor. */
  readonly commands: ReadonlyArray<Command>
}
/** A proxy for a device at a port; `prefix` precedes the names of its sensors. */
export interface ProxyContender {
  readonly name: string
  readonly prefix: string
  readonly words: (device: number, sensors: number, port: number) => ReadonlyArray<string>
}
/** The order of the table's columns. */
export const columns = [
  "project",
  "aiokatcp",
  "katcp-codec",
  "katcp-py",
  "net-floor",
  "effect-floor",
  "c-floor",
  "aio-uvloop",
  "kp-threaded"
]

const script = (...names: ReadonlyArray<string>) => path.join(bench, ...names)
const node = (folder: string, name: string) => [process.execPath, program(folder, name)]

/** The server whose sensors are mirrored. */
export const mirrored: Contender = {
  name: "mirrored",
  words: (port, sensors) => [...node("programs", "server.ts"), String(port), String(sensors)]
}

/** Returns the contenders. `only` keeps the named ones; `more` adds variants of the peers. */
export const contenders = (found: Peers, only: ReadonlySet<string>, more: boolean): Contenders => {
  const wanted = (name: string) => only.size === 0 || only.has(name)
  const servers: Array<Contender> = []
  const clients: Array<Program> = []
  const codecs: Array<Program> = []
  const mirrors: Array<Program> = []
  const fleets: Array<Program> = []
  const sites: Array<Program> = []
  const archivers: Array<Archiver> = []
  const boards: Array<Program> = []
  const proxies: Array<ProxyContender> = []
  const commands: Array<Command> = []
  const server = (name: string, command: ReadonlyArray<string>, after: ReadonlyArray<string> = [], basic = false) => {
    if (!wanted(name)) return
    servers.push({ name, basic, words: (port, sensors) => [...command, String(port), String(sensors), ...after] })
  }
  const client = (name: string, command: ReadonlyArray<string>, ...after: ReadonlyArray<string>) => {
    if (wanted(name)) clients.push({ name, words: (...args) => [...command, ...args, ...after] })
  }
  const codec = (name: string, command: ReadonlyArray<string>) => {
    if (wanted(name)) codecs.push({ name, words: (seconds) => [...command, corpus, seconds!] })
  }

  const mirror = (name: string, command: ReadonlyArray<string>) => {
    if (wanted(name)) mirrors.push({ name, words: (...args) => [...command, ...args] })
  }
  const fleet = (name: string, command: ReadonlyArray<string>) => {
    if (wanted(name)) fleets.push({ name, words: (...args) => [...command, ...args] })
  }
  const board = (name: string, command: ReadonlyArray<string>) => {
    if (wanted(name)) boards.push({ name, words: (...args) => [...command, ...args] })
  }

  const archiver = (
    name: string,
    store: ReadonlyArray<string> | undefined,
    site: ReadonlyArray<string> | undefined
  ) => {
    const words = (command: ReadonlyArray<string> | undefined) =>
      command && ((...args: ReadonlyArray<string>) => [...command, ...args])
    if (wanted(name)) archivers.push({ name, store: words(store), site: words(site) })
  }

  const site = (name: string, command: ReadonlyArray<string>) => {
    if (wanted(name)) sites.push({ name, words: (...args) => [...command, ...args] })
  }

  const proxy = (name: string, prefix: string, words: ProxyContender["words"]) => {
    if (wanted(name)) proxies.push({ name, prefix, words })
  }

  const command = (name: string, scenario: Command["scenario"], words: Command["words"]) => {
    if (wanted(name)) commands.push({ name, scenario, words })
  }

  const exists = (name: string) => existsSync(script("programs", name))
  if (exists("server.ts")) server("project", node("programs", "server.ts"))
  if (exists("client.ts")) client("project", node("programs", "client.ts"))
  if (exists("codec.ts")) codec("project", node("programs", "codec.ts"))
  if (exists("mirror.ts")) mirror("project", node("programs", "mirror.ts"))
  if (exists("fleet.ts")) fleet("project", node("programs", "fleet.ts"))
  if (exists("site.ts")) site("project", [process.execPath, "--expose-gc", program("programs", "site.ts")])
  if (exists("archive.ts")) archiver("project", node("programs", "archive.ts"), node("programs", "archive-site.ts"))
  if (exists("casper.ts")) board("project", node("programs", "casper.ts"))
  if (found.aiokatcp !== undefined) {
    const python = found.aiokatcp
    server("aiokatcp", [python, script("peers", "aiokatcp_server.py")])
    client("aiokatcp", [python, script("peers", "aiokatcp_client.py")])
    codec("aiokatcp", [python, script("peers", "codec_bench.py"), "aiokatcp"])
    mirror("aiokatcp", [python, script("peers", "aiokatcp_mirror.py")])
    fleet("aiokatcp", [python, script("peers", "aiokatcp_fleet.py")])
    site("aiokatcp", [python, script("peers", "aiokatcp_site.py")])
    archiver("aiokatcp", undefined, [python, script("peers", "aiokatcp_archive.py")])
    command("aiokatcp", "call", (port) => [
      python,
      script("peers", "aiokatcp_call.py"),
      "127.0.0.1",
      `${port}`,
      "watchdog"
    ])
    if (wanted("aiokatcp") || wanted("katcp-codec"))
      codecs.push({
        name: "katcp-codec",
        words: (seconds) => [python, script("peers", "codec_bench.py"), "katcp-codec", corpus, seconds!]
      })
    if (more && found.uvloop) {
      server("aio-uvloop", [python, script("peers", "aiokatcp_server.py")], ["--uvloop"])
      client("aio-uvloop", [python, script("peers", "aiokatcp_client.py")], "--uvloop")
    }
  }
  if (found.katcp !== undefined) {
    const python = found.katcp
    server("katcp-py", [python, script("peers", "katcp_server.py")])
    client("katcp-py", [python, script("peers", "katcp_client.py")], "async")
    codec("katcp-py", [python, script("peers", "codec_bench.py"), "katcp-python"])
    board("katcp-py", [python, "-W", "ignore", script("peers", "katcp_board.py")])
    if (more) {
      server("kp-threaded", [python, script("peers", "katcp_server.py")], ["--threaded"])
      client("kp-threaded", [python, script("peers", "katcp_client.py")], "callback")
    }
  }
  server("net-floor", node("floors", "net-server.ts"))
  client("net-floor", node("floors", "net-client.ts"))
  codec("net-floor", node("floors", "codec.ts"))
  mirror("net-floor", node("floors", "net-mirror.ts"))
  board("net-floor", node("floors", "net-board.ts"))
  archiver("net-floor", node("floors", "archive.ts"), undefined)
  server("effect-floor", node("floors", "effect-server.ts"))
  client("effect-floor", node("floors", "effect-client.ts"))
  mirror("effect-floor", node("floors", "effect-mirror.ts"))
  fleet("effect-floor", node("floors", "effect-fleet.ts"))
  server("c-floor", [built("echo")], [], true)
  codec("c-floor", [built("codec-floor")])
  const katcp = path.join(bench, "..", "dist", "bin", "katcp.js")
  proxy("project", "m000.", (device, _, port) => [
    ...[process.execPath, katcp, "proxy", `m000=127.0.0.1:${device}`],
    ...["--listen", `${port}`, "--allow", "m000/watchdog"]
  ])
  if (found.aiokatcp !== undefined) {
    const python = found.aiokatcp
    proxy("aiokatcp", "m000.", (device, _, port) => [
      python,
      "-B",
      script("peers", "aiokatcp_proxy.py"),
      `${device}`,
      `${port}`
    ])
  }
  proxy("net-floor", "", (device, sensors, port) => [
    ...node("floors", "pass-through.ts"),
    ...[`${device}`, `${sensors}`, `${port}`]
  ])
  command("project", "help", () => [process.execPath, katcp, "--help"])
  command("project", "call", (port) => [process.execPath, katcp, "call", `127.0.0.1:${port}`, "watchdog"])
  for (const scenario of ["help", "call"] as const) command("net-floor", scenario, () => [process.execPath, "-e", "0"])
  return { servers, clients, codecs, mirrors, fleets, sites, proxies, archivers, boards, commands }
}
