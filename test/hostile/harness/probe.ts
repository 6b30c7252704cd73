/**
 * Another client of a device under trial: `node probe.ts HOST PORT` asks `?watchdog` every five milliseconds, one at a time,
 * and has five more connections that only stay. Each line on the standard input begins a new count; the count before is
 * written as one line of JSON. The end of the standard input ends the program.
 */
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { open, type Wire } from "./wire.ts"

const [host = "", port = ""] = process.argv.slice(2)
const target = { host, port: Number(port) }

/** Milliseconds from one question to the next. */
const interval = 5
/** Milliseconds after which a connection without a reply is given up. */
const hopeless = 60_000

let worst = 0
let asked = 0
let dropped = 0
let since: number | undefined
let running = true

/** Keeps a connection open, and counts how often the device closes it. */
const stay = async (): Promise<void> => {
  while (running) {
    const wire = await open(target, { keep: false })
    if (wire === undefined) {
      await sleep(50)
      continue
    }
    await wire.closed
    if (running) dropped++
    await sleep(20)
  }
}

const ask = async (wire: Wire): Promise<void> => {
  await wire.has("#version-connect", hopeless)
  for (let id = 1; running && !wire.isClosed; id++) {
    wire.text = ""
    since = performance.now()
    if (!(await wire.write(`?watchdog[${id}]\n`))) return
    const answered = await wire.has(`!watchdog[${id}] ok`, hopeless)
    worst = Math.max(worst, performance.now() - since)
    since = undefined
    if (!answered) return
    asked++
    await sleep(interval)
  }
}

const probe = async (): Promise<void> => {
  while (running) {
    since ??= performance.now()
    const wire = await open(target)
    if (wire === undefined) {
      await sleep(50)
      continue
    }
    await ask(wire)
    if (running) dropped++
    wire.destroy()
    await sleep(20)
  }
}

void probe()
for (let n = 0; n < 5; n++) void stay()
for await (const _ of createInterface({ input: process.stdin })) {
  // one that is not answered yet has waited, too
  if (since !== undefined) worst = Math.max(worst, performance.now() - since)
  console.log(JSON.stringify({ worst, asked, dropped }))
  worst = asked = dropped = 0
  if (since !== undefined) since = performance.now()
}
running = false
process.exit(0)
