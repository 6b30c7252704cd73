/**
 * Profiles of CPU time: `node bench/profile.ts`, after `npm run build`. Records the three hottest paths of a server and of a
 * client, and writes their tables into docs/performance.md. Takes about a minute.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as DateTime from "effect/DateTime"
import { mirrored } from "./harness/contenders.ts"
import type { Profile, Shares } from "./harness/inspected.ts"
import { facts, loadCpu, move, start } from "./harness/machine.ts"
import { bench, build, built, obstacle, say } from "./harness/prepare.ts"
import { type Contender, Server } from "./harness/programs.ts"

const why = obstacle()
if (why !== undefined) {
  say(why)
  process.exit(1)
}
build()
move(process.pid, loadCpu)

const page = path.join(bench, "..", "docs", "performance.md")
const out = built("profile.json")
const hook = path.join(bench, "harness", "inspected.ts")
const program = (name: string) => path.join(bench, "programs", name)
const sensors = 1000
/** Functions that are listed of each path. */
const listed = 12

process.env.PROFILE = out
const inspectedServer: Contender = {
  name: "inspected",
  words: (port, n) => [process.execPath, "--import", hook, program("server.ts"), String(port), String(n)]
}

/** Records a profile of a working process. */
const recorded = async (pid: number): Promise<Profile> => {
  rmSync(out, { force: true })
  process.kill(pid, "SIGUSR2")
  for (let tries = 0; tries < 300 && !existsSync(out); tries++) await sleep(100)
  // it is written in one go, but not in no time
  await sleep(200)
  return JSON.parse(readFileSync(out, "utf8")) as Profile
}

const ofServer = async (words: string): Promise<Profile> => {
  const server = await Server.start(inspectedServer, sensors)
  if (server === undefined) throw new Error("the server does not start")
  try {
    const load = server.load(`${words} secs=11`, { limit: 40 })
    await sleep(3000)
    const profile = await recorded(server.pid)
    await load
    return profile
  } finally {
    await server.stop()
  }
}

const ofMirror = async (): Promise<Profile> => {
  const server = await Server.start(mirrored, sensors)
  if (server === undefined) throw new Error("the server does not start")
  move(server.pid, loadCpu)
  const rate = 20_000
  const words = ["127.0.0.1", String(server.port), String(sensors), String(rate * 11), "1"]
  const client = start(undefined, [process.execPath, "--import", hook, program("mirror.ts"), ...words], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  try {
    await new Promise<void>((resolve) => {
      client.stdout!.on("data", (text: Buffer) => text.toString().includes('"ready"') && resolve())
    })
    const load = server.load(`paced c=0 k=${sensors} rate=${rate} secs=11 burst=100`, { limit: 40 })
    await sleep(3000)
    const profile = await recorded(client.pid!)
    await load
    return profile
  } finally {
    client.kill()
    await server.stop()
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const rows = ({ allocated, cpu }: Profile): string => {
  const at = (shares: Shares, index: number) => {
    const found = shares.functions[index]
    return found === undefined ? " | " : `${found[0]} | ${percent(found[1])}`
  }
  return [
    "| CPU time of | share | memory allocated by | share |",
    "| --- | ---: | --- | ---: |",
    ...Array.from({ length: listed }, (_, index) => `| ${at(cpu, index)} | ${at(allocated, index)} |`)
  ].join("\n")
}

const write = (name: string, profile: Profile): void => {
  const text = readFileSync(page, "utf8")
  const [begin, end] = [`<!-- profile ${name}: begin -->`, `<!-- profile ${name}: end -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to === -1) throw new Error(`${page} has no place for ${name}`)
  const { cpu, node } = facts()
  const date = DateTime.formatIsoDateUtc(DateTime.nowUnsafe())
  const note = `${date}, ${cpu}, node ${node}. Recorded for 3 s each; ${(profile.allocated.total / 3e6).toFixed(0)} MB allocated each second.`
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${rows(profile)}\n\n${note}\n\n${text.slice(to)}`)
  say(`${name}: written`)
}

write("request", await ofServer("pipeline c=1 w=256"))
write("update", await ofServer("fanout c=10"))
write("mirror", await ofMirror())
