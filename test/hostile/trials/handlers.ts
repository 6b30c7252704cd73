/** Faults within the device, or of its clock, caused by strangers. */
import { setTimeout as sleep } from "node:timers/promises"
import type { ServerTrial } from "../harness/Trial.ts"
import { count, open, openAll } from "../harness/wire.ts"

export const throwing: ServerTrial = {
  kind: "server",
  name: "throwing",
  load: "20,000 requests whose handler throws, from one client",
  faults: ({ counts, logged }) => [
    ...(counts.failed === 20_000 ? [] : [`${counts.failed} of 20000 got their \`fail\``]),
    ...(logged <= 1000 ? [] : [`${logged} lines of log`])
  ],
  apply: async (target) => {
    const wire = await open(target)
    if (wire === undefined) return { failed: 0 }
    for (let n = 1; n <= 20_000; n += 1000)
      await wire.write(Array.from({ length: 1000 }, (_, k) => `?raise[${n + k}] text\n`).join(""))
    await wire.has("!raise[20000] ", 60_000)
    const failed = count(wire.text, /!raise\[\d+\] fail/)
    wire.destroy()
    return { failed }
  }
}

export const restarts: ServerTrial = {
  kind: "server",
  name: "restarts",
  load: "ten `?restart` within 3 s, while 20 clients ask and connect again",
  oursOnly: true,
  drops: true,
  faults: ({ counts }) => [
    ...(counts.restarts === 10 ? [] : [`${counts.restarts} of 10 restarts`]),
    ...(counts.silent === 0 ? [] : [`${counts.silent} requests had neither a reply nor the end of the connection`])
  ],
  apply: async (target) => {
    let over = false
    let answered = 0
    let silent = 0
    const asking = Array.from({ length: 20 }, async () => {
      while (!over) {
        const wire = await open(target)
        for (let id = 1; wire !== undefined && !over && !wire.isClosed; id++) {
          if (!(await wire.write(`?add[${id}] 1 2\n`))) break
          if (await wire.has(`!add[${id}] `, 5000)) answered++
          else if (!wire.isClosed) silent++
          await sleep(1)
        }
        wire?.destroy()
      }
    })
    let done = 0
    for (let n = 0; n < 10; n++) {
      const wire = await open(target)
      await wire?.write("?restart[1]\n")
      if ((await wire?.has("!restart[1] ok", 5000)) === true) done++
      await wire?.ends(5000)
      await sleep(200)
    }
    over = true
    await Promise.all(asking)
    return { restarts: done, answered, silent }
  }
}

export const clockSteps: ServerTrial = {
  kind: "server",
  name: "clock-steps",
  load: "the device's wall clock steps a day ahead, two days back and right again, while ten clients sample by `period 0.1`",
  device: { steps: true },
  faults: ({ counts }) => (counts.reports! >= 300 ? [] : [`${counts.reports} reports, not 300`]),
  apply: async (target) => {
    const wires = await openAll(target, 10)
    for (const wire of wires) await wire.write("?sensor-sampling test.float period 0.1\n")
    for (const wire of wires) await wire.has("!sensor-sampling ok", 5000)
    const soFar = () => wires.reduce((total, wire) => total + count(wire.text, /#sensor-status /), 0)
    for (let n = 0; n < 3; n++) {
      const before = soFar()
      process.kill(target.pid, "SIGUSR2")
      // a second, unless the machine is busy
      for (let tenth = 0; tenth < 200 && soFar() < before + 100; tenth++) await sleep(100)
    }
    const reports = soFar()
    for (const wire of wires) wire.destroy()
    return { reports }
  }
}
