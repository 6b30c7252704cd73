/**
 * `npm run trials -- NAME …`: proofs that take too long for the tests. Without a name it lists them. Each is a file of
 * `test/trials/`. Its table goes to docs/trials.md, between the markers of its name, with date, machine and load.
 * `--print` leaves the document unchanged.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import * as DateTime from "effect/DateTime"
import type { Outcome, Trial } from "../test/trials/Trial.ts"

const root = path.join(import.meta.dirname, "..")
const folder = path.join(root, "test", "trials")
const document = path.join(root, "docs", "trials.md")

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const trials = new Map<string, Trial>()
for (const file of globSync("*.ts", { cwd: folder }).sort()) {
  const module = (await import(path.join(folder, file))) as { readonly trial?: Trial }
  if (module.trial !== undefined) trials.set(path.basename(file, ".ts"), module.trial)
}

/** Returns the document with the section of a trial replaced, or appended. */
const withSection = (text: string, name: string, section: string): string => {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  return from === -1 || to < from
    ? `${text.trimEnd()}\n\n## ${name}\n\n${begin}\n\n${section}\n\n${end}\n`
    : `${text.slice(0, from)}${begin}\n\n${section}\n\n${text.slice(to)}`
}

const load = (): string => os.loadavg()[0]!.toFixed(1)

const run = async (name: string, trial: Trial, print: boolean): Promise<boolean> => {
  say(`${name}: about ${trial.takes}`)
  const before = load()
  const begun = performance.now()
  const { faults, table } = await trial
    .run((text) => say(`${name}: ${text}`))
    .catch((error): Outcome => ({ table: "", faults: [error instanceof Error ? error.message : String(error)] }))
  const took = ((performance.now() - begun) / 1000).toFixed(0)
  const date = DateTime.formatIsoDateUtc(DateTime.makeUnsafe(performance.timeOrigin))
  const machine = `${os.cpus()[0]?.model ?? "unknown processor"}, ${os.cpus().length} CPUs, ${os.type()} ${os.release()}, node ${process.version}`
  const verdict =
    faults.length === 0 ? "All of it held." : `What did not hold:\n\n${faults.map((fault) => `- ${fault}`).join("\n")}`
  const section = [
    trial.about,
    table,
    `${verdict}`,
    `${date}, ${took} s. ${machine}; load average ${before} before, ${load()} after.`
  ]
    .filter((part) => part !== "")
    .join("\n\n")
  console.log(section)
  if (!print) writeFileSync(document, withSection(readFileSync(document, "utf8"), name, section))
  return faults.length === 0
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { print: { type: "boolean", default: false } }
})
const unknown = positionals.filter((name) => !trials.has(name))
if (positionals.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) say(`there is no trial ${unknown.join(", ")}; there are:`)
  for (const [name, { takes }] of trials) console.log(`${name.padEnd(20)} ${takes}`)
  process.exit(unknown.length === 0 ? 0 : 2)
}
let held = true
for (const name of positionals) held = (await run(name, trials.get(name)!, values.print)) && held
process.exit(held ? 0 : 1)
