/**
 * The floor for clients of a board, on node:net: `net-board.ts PORT PID PART READS BLOCKS BYTES`. It searches for line
 * ends, and decodes no escapes. The scenarios and their output are those of the project's client
 * (`programs/casper.ts`).
 */
import * as net from "node:net"
import { taking } from "../harness/taking.ts"

const [port = "0", pid = "0", part = "latency", ...counts] = process.argv.slice(2)
const [reads = 10_000, blocks = 20, bytes = 40_000_000] = counts.map(Number)
const { begin, put } = taking(Number(pid))
const [lineFeed, sigil] = [10, 33]

const socket = net.connect({ host: "127.0.0.1", port: Number(port), noDelay: true })
let fresh = true
let isReply = false
let replies = 0
let onReply = () => {}
let states = ""
socket.on("data", (chunk: Buffer) => {
  if (chunk.length < 4096) states = (states + chunk.toString("latin1")).slice(-4096)
  for (let at = 0; at < chunk.length; ) {
    if (fresh) isReply = chunk[at] === sigil
    const end = chunk.indexOf(lineFeed, at)
    fresh = end !== -1
    if (end === -1) break
    at = end + 1
    if (isReply) {
      replies++
      onReply()
    }
  }
})

/** Sends a line this often, with this many in flight, and waits for the replies. */
const ask = (line: string, count: number, flight: number): Promise<void> =>
  new Promise((resolve) => {
    let sent = Math.min(count, flight)
    replies = 0
    onReply = () => {
      if (replies === count) resolve()
      else if (sent < count && (flight === 1 || replies % flight === 0)) {
        const next = Math.min(flight, count - sent)
        sent += next
        socket.write(line.repeat(next), "latin1")
      }
    }
    socket.write(line.repeat(sent), "latin1")
  })
const took = async (scenario: string, n: number, act: () => Promise<void>) => {
  const since = begin()
  await act()
  put(scenario, n, since)
}
const word = "?wordread gain 0 1\n"
const block = "?read spectrum 0 1048576\n"

const upload = async () => {
  const to = Number(port) + 1
  await ask(`?progremote ${to}\n`, 1, 1)
  const { promise, resolve } = Promise.withResolvers<void>()
  states = ""
  const file = net.connect({ host: "127.0.0.1", port: to, noDelay: true })
  const look = () => {
    if (/#fpga mapped\n#fpga ready\n/.test(states)) resolve()
  }
  socket.on("data", look)
  const header =
    "#!/bin/kcpfpg\n?uploadbin\n?register\tgain\t0x8\t0x4\n?register\tspectrum\t0x100000\t0x200000\n?quit\n"
  file.end(Buffer.concat([Buffer.from(header), Buffer.alloc(bytes)]))
  await promise
  socket.off("data", look)
}

await ask("?watchdog\n", 1, 1)
if (part === "latency") {
  await took("first", reads, () => ask(word, reads, 1))
  await ask(word, 2 * reads, 1)
  await took("later", 3 * reads, () => ask(word, 3 * reads, 1))
} else {
  await took("list first", reads, () => ask(word, reads, 256))
  for (let time = 0; time < 3; time++) await ask(word, reads, 256)
  await took("list later", reads, () => ask(word, reads, 256))
  await took("apart", reads, () => ask(word, reads, 1))
  await ask(`?write spectrum 0 ${"x".repeat(1048576)}\n`, 1, 1)
  await ask(block, 1, 1)
  await took("blocks", blocks, () => ask(block, blocks, 4))
  await took("upload", 1, upload)
}
socket.destroy()
