/**
 * `npm run hostile`: what strangers may do to a device and to a client, each trial in processes of its own, with our library
 * and with aiokatcp. The tables go to docs/security.md. See README.md beside this file.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import * as DateTime from "effect/DateTime"
import { clientTrials } from "./clients/index.ts"
import { type Contender, contenders, missing } from "./harness/devices.ts"
import { root } from "./harness/Process.ts"
import {
  allowances,
  type ClientRow,
  clientFaults,
  clientTable,
  loadTable,
  type ServerRow,
  serverFaults,
  serverTable,
  verdict
} from "./harness/report.ts"
import { fixedSeed } from "./harness/seeds.ts"
import { serverRun } from "./harness/serverRun.ts"
import type { ClientRun, ClientTrial, ServerRun, ServerTrial } from "./harness/Trial.ts"
import { serverTrials } from "./trials/index.ts"

const usage = `npm run hostile -- [options]

  --only a,b     only these trials (--list names them), or katcp, aiokatcp
  --runs N       runs of each trial (1). With 3 or more of all trials, the tables go to docs/security.md
  --list         the trials, and nothing else
  --print        print the tables, and leave docs/security.md as it is
  --json FILE    everything measured

Environment: HOSTILE_SEED repeats the fuzzing of a fresh seed; KATCP_PYTHON names an interpreter.
`
const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    runs: { type: "string", default: "1" },
    list: { type: "boolean", default: false },
    print: { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", default: false }
  }
})

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const names = new Set(options.only.split(",").filter((name) => name !== ""))
const all = [...serverTrials, ...clientTrials]
const wanted = contenders.filter((name) => !contenders.some((one) => names.has(one)) || names.has(name))
for (const name of contenders) names.delete(name)
const unknown = [...names].filter((name) => !all.some((trial) => trial.name === name))
const runs = Number(options.runs)
if (options.help || options.list || unknown.length > 0 || !(runs >= 1)) {
  if (options.list) for (const { load, name } of all) console.log(`${name.padEnd(20)} ${load}`)
  else if (options.help) console.log(usage)
  else say(`${unknown.length > 0 ? `unknown: ${unknown.join(", ")}\n` : ""}${usage}`)
  process.exit(options.help || options.list ? 0 : 2)
}
if (process.platform !== "linux") {
  say("The suite needs Linux: it reads memory and descriptors of processes from /proc.")
  process.exit(1)
}
if (!existsSync(path.join(root, "dist", "index.js"))) {
  say("The library is not built: run npm run build first.")
  process.exit(1)
}

const chosen = <T extends ServerTrial | ClientTrial>(trials: ReadonlyArray<T>): ReadonlyArray<T> =>
  trials.filter(({ name }) => names.size === 0 || names.has(name))
const entered = (trial: ServerTrial | ClientTrial): ReadonlyArray<Contender> =>
  wanted.filter((contender) => contender === "katcp" || (trial.oursOnly !== true && missing === undefined))

const notes: Array<string> = []
/** Runs that could not be made, and why. */
const failures: Array<string> = []
const failed = (what: string, cause: unknown): void => {
  const text = `${what}: ${cause instanceof Error ? cause.message : cause}`.slice(0, 500)
  failures.push(text)
  say(`FAILED ${text}`)
}
if (missing !== undefined) notes.push(`aiokatcp is left out: ${missing}.`)

const began = performance.now()
const seconds = (from: number): string => ((performance.now() - from) / 1000).toFixed(1)

/** All trials of servers; devices whose memory is looked at late stand beside the next. */
const servers = async (): Promise<ReadonlyArray<ServerRow>> => {
  const trials = chosen(serverTrials)
  const found = new Map<string, Array<Promise<ServerRun | undefined>>>()
  const once = async (trial: ServerTrial, contender: Contender, run: number): Promise<void> => {
    const from = performance.now()
    const key = `${trial.name} ${contender}`
    const given = (cause: unknown) => failed(`run ${run + 1} ${key}`, cause)
    try {
      const { result } = await serverRun(trial, contender, fixedSeed + run)
      found.set(key, [
        ...(found.get(key) ?? []),
        result.then(
          (seen) => {
            const [before, peak, after] = [seen.before, seen.peak, seen.after].map((value) => value.toFixed(0))
            say(
              `  ${key}: ${before} ${peak} ${after} MB, wait ${seen.wait.toFixed(0)} ms, ${JSON.stringify(seen.counts)}`
            )
            return seen
          },
          (cause) => {
            given(cause)
            return undefined
          }
        )
      ])
      say(`run ${run + 1} ${key}: ${seconds(from)} s`)
    } catch (cause) {
      given(cause)
    }
  }
  for (let run = 0; run < runs; run++)
    for (const trial of trials) for (const contender of entered(trial)) await once(trial, contender, run)
  const rows = await Promise.all(
    trials.flatMap((trial) =>
      entered(trial).map(async (contender): Promise<ServerRow> => {
        const results = await Promise.all(found.get(`${trial.name} ${contender}`) ?? [])
        return { trial, contender, runs: results.filter((result) => result !== undefined) }
      })
    )
  )
  return rows.filter(({ runs }) => runs.length > 0)
}

const clients = async (waits: boolean): Promise<ReadonlyArray<ClientRow>> => {
  const trials = chosen(clientTrials).filter((trial) => (trial.waits === true) === waits)
  const one = async (trial: ClientTrial): Promise<ReadonlyArray<ClientRow>> => {
    const obstacle = trial.obstacle?.()
    if (obstacle !== undefined) {
      notes.push(`\`${trial.name}\` is left out: ${obstacle}.`)
      return []
    }
    return Promise.all(
      entered(trial).map(async (contender) => {
        const seen: Array<ClientRun> = []
        for (let run = 0; run < runs; run++) {
          const from = performance.now()
          try {
            seen.push(await trial.run(contender))
          } catch (cause) {
            failed(`run ${run + 1} ${trial.name} ${contender}`, cause)
            continue
          }
          say(`run ${run + 1} ${trial.name} ${contender}: ${seconds(from)} s ${JSON.stringify(seen.at(-1)?.figures)}`)
        }
        return { trial, contender, runs: seen }
      })
    ).then((rows) => rows.filter(({ runs }) => runs.length > 0))
  }
  if (waits) return (await Promise.all(trials.map(one))).flat()
  const rows: Array<ClientRow> = []
  for (const trial of trials) rows.push(...(await one(trial)))
  return rows
}

/** Writes the tables between the markers of the document. */
const write = (text: string): void => {
  const target = path.join(root, "docs", "security.md")
  const document = readFileSync(target, "utf8")
  const [begin, end] = ["<!-- hostile: begin -->", "<!-- hostile: end -->"]
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/security.md has no place for the tables: ${begin} … ${end}`)
  writeFileSync(target, `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`)
}

const load = os.loadavg()[0]!
// trials that wait stand beside the others
const waiting = clients(true)
const serverRows = await servers()
const clientRows = [...(await clients(false)), ...(await waiting)]
const faults = [...failures, ...serverFaults(serverRows), ...clientFaults(clientRows)]
const date = DateTime.formatIsoDateUtc(DateTime.makeUnsafe(performance.timeOrigin))
const text = [
  `${date}, ${runs} run${runs === 1 ? "" : "s"} of each trial in ${seconds(began)} s. ` +
    `${os.cpus()[0]?.model ?? "unknown processor"}, ${os.cpus().length} CPUs, ${os.type()} ${os.release()}, node ${process.version}; ` +
    `load average ${load.toFixed(1)} before, ${os.loadavg()[0]!.toFixed(1)} after. aiokatcp 2.3.0. ` +
    "Median of the runs, ± half their range.",
  ...(serverRows.length > 0 ? [loadTable(chosen(serverTrials)), serverTable(serverRows)] : []),
  ...(clientRows.length > 0 ? [clientTable(clientRows)] : []),
  ...notes,
  verdict(faults, allowances(serverRows))
].join("\n\n")
console.log(text)
if (!options.print && runs >= 3 && names.size === 0 && wanted.length === contenders.length) write(text)
if (options.json !== undefined)
  writeFileSync(options.json, JSON.stringify({ date, runs, faults, servers: serverRows, clients: clientRows }))
process.exit(faults.length === 0 ? 0 : 1)
