/** Lines that are long, many or never finished. */
import { setTimeout as sleep } from "node:timers/promises"
import type { ServerTrial } from "../harness/Trial.ts"
import { frame, upgrade } from "../harness/webSocket.ts"
import { count, open, openAll, type Target, times, type Wire } from "../harness/wire.ts"

const megabytes = (n: number): number => n * 1024 * 1024

/** How a request with a given id was answered. */
const answer = (wire: Wire | undefined, id: number) => {
  const word = new RegExp(`![^\\[\\n]+\\[${id}\\] (ok|fail|invalid)`).exec(wire?.text ?? "")?.[1]
  return { ok: word === "ok" ? 1 : 0, refused: word === "fail" || word === "invalid" ? 1 : 0 }
}

export const manyArguments: ServerTrial = {
  kind: "server",
  name: "arguments",
  load: "one `?echo` with 8 million arguments of one byte (16 MB); our heap is limited to 1 GB",
  device: { heap: 1024 },
  bounds: { wait: 200, peak: 160, after: 160 },
  faults: ({ counts }) => (counts.refused === 1 ? [] : ["it was not refused with its id"]),
  apply: async (target) => {
    const wire = await open(target)
    const line = Buffer.alloc(megabytes(16) - 64, " 1")
    await wire?.write("?echo[9]")
    await wire?.write(line)
    await wire?.write("\n")
    await wire?.has(/!echo\[9\] \w+/, 40_000)
    const found = answer(wire, 9)
    wire?.destroy()
    return { ...found, dropped: wire?.dropped === true ? 1 : 0 }
  }
}

export const longLine: ServerTrial = {
  kind: "server",
  name: "long-line",
  load: "one `?watchdog` with one argument of 15 MB, five times",
  bounds: { wait: 200, peak: 160, after: 160 },
  faults: ({ counts }) => (counts.refused === 5 ? [] : ["not each was refused with its id"]),
  apply: async (target) => {
    let refused = 0
    for (let n = 0; n < 5; n++) {
      const wire = await open(target)
      await wire?.write(`?watchdog[9] ${"x".repeat(megabytes(15))}\n`)
      await wire?.has(/!watchdog\[9\] \w+/, 20_000)
      refused += answer(wire, 9).refused
      wire?.destroy()
    }
    return { refused }
  }
}

export const helpFlood: ServerTrial = {
  kind: "server",
  name: "help-flood",
  load: "64 KiB of `?help\\n` in one write, and all replies read",
  bounds: { wait: 50 },
  faults: ({ counts }) => (counts.answered === 10_922 ? [] : [`${counts.answered} of 10922 were answered`]),
  apply: async (target) => {
    const wire = await open(target)
    if (wire === undefined) return { answered: 0 }
    const flood = "?help\n".repeat(10_922)
    let answered = 0
    wire.socket.on("data", () => {
      // only the last line can be cut
      const end = wire.text.lastIndexOf("\n") + 1
      answered += count(wire.text.slice(0, end), /!help ok/)
      wire.text = wire.text.slice(end)
    })
    await wire.write(flood)
    await wire.write("?watchdog[9]\n")
    const from = performance.now()
    while (!wire.isClosed && answered < 10_922 && performance.now() - from < 60_000) await sleep(10)
    wire.destroy()
    return { answered }
  }
}

/** Twice `maxTotalBytes` in megabytes: what is held, and as much again that V8 has not collected yet. */
const twiceTotal = 537

/** Connections with an unfinished line each. They stay for a while. */
const unfinishedLines = async (target: Target, connections: number, length: number) => {
  const wires = await openAll(target, connections, { keep: false })
  const piece = Buffer.alloc(megabytes(1), "x")
  await Promise.all(
    wires.map(async (wire) => {
      await wire.write("?echo ")
      for (let n = 0; n < length; n++) if (!(await wire.write(piece))) return
    })
  )
  await sleep(500)
  const dropped = wires.filter((wire) => wire.dropped).length
  for (const wire of wires) wire.destroy()
  return { connected: wires.length, cut: dropped }
}

export const unfinished: ServerTrial = {
  kind: "server",
  name: "unfinished",
  load: "60 connections with 15 MB of an unfinished line each",
  settle: 60,
  bounds: { peak: twiceTotal },
  apply: (target) => unfinishedLines(target, 60, 15)
}

export const frames: ServerTrial = {
  kind: "server",
  name: "frames",
  load: "ten WebSocket frames of 29 MB, one on each of ten connections",
  device: { listener: "webSocket" },
  oursOnly: true,
  settle: 60,
  apply: async (target) => {
    const wires = await openAll(target, 10)
    const bytes = frame(Buffer.alloc(29_000_000, "x"))
    await Promise.all(
      wires.map(async (wire) => {
        if (await upgrade(wire, `127.0.0.1:${target.port}`)) await wire.write(bytes)
      })
    )
    await sleep(500)
    const cut = wires.filter((wire) => wire.dropped).length
    for (const wire of wires) wire.destroy()
    return { connected: wires.length, cut }
  }
}

/** Requests of all kinds from many clients, and lines that are never finished. */
const burst = async (target: Target) => {
  const { cut } = await unfinishedLines(target, 30, 10)
  const line = `?echo[1] ${"x".repeat(megabytes(4))}\n`
  let answered = 0
  await times(20, 10, async () => {
    const wire = await open(target)
    await wire?.write(line)
    await wire?.write("?help\n".repeat(100))
    if ((await wire?.has("!echo[1] ok", 20_000)) === true) answered++
    wire?.destroy()
  })
  return { cut, answered }
}

export const bursts: ServerTrial = {
  kind: "server",
  name: "bursts",
  load: "three bursts: 30 unfinished lines of 10 MB, then 20 clients with an `?echo` of 4 MB and 100 `?help` each",
  times: 3,
  settle: 60,
  bounds: { peak: twiceTotal },
  faults: ({ after, before, resident }) => {
    const [first = 0, , third = 0] = resident
    const limit = Math.max(1.5 * before, before + 100)
    return [
      ...(after <= limit ? [] : [`${after.toFixed(0)} MB after 60 s; ${limit.toFixed(0)} MB are allowed`]),
      ...(third <= 1.1 * first || third <= limit
        ? []
        : [`${third.toFixed(0)} MB after the third burst, ${first.toFixed(0)} MB after the first`])
    ]
  },
  apply: burst
}
