/**
 * The floor for clients, on node:net: `net-client.ts HOST PORT SECS`.
 *
 * Promises, a Map of pending requests by id, latin1 strings; requests of one turn of the event loop are sent in one
 * write. The scenarios and their output are those of the project's client (see README.md).
 */
import * as net from "node:net"

const host = process.argv[2]!
const port = Number(process.argv[3])
const secs = Number(process.argv[4])
const socket = net.connect({ host, port, noDelay: true })
let last = 0
let out = ""
let rest = ""
let informs = 0
const pending = new Map<string, (words: Array<string>) => void>()
const send = () => {
  socket.write(out, "latin1")
  out = ""
}
const request = (name: string, arg?: number) =>
  new Promise<Array<string>>((resolve) => {
    const id = String(++last)
    pending.set(id, resolve)
    if (out === "") queueMicrotask(send)
    out += `?${name}[${id}]${arg === undefined ? "\n" : ` ${arg}\n`}`
  })
const { promise: ready, resolve: connected } = Promise.withResolvers<void>()
socket.on("data", (chunk: Buffer) => {
  const s = rest + chunk.toString("latin1")
  let i = 0
  for (;;) {
    const e = s.indexOf("\n", i)
    if (e === -1) break
    if (s.charCodeAt(i) === 33) {
      const a = s.indexOf("[", i)
      const b = s.indexOf("]", a)
      const id = s.substring(a + 1, b)
      const resolve = pending.get(id)
      pending.delete(id)
      resolve?.(s.substring(b + 2, e).split(" "))
    } else if (s.startsWith("#sensor-status ", i)) {
      s.substring(i, e).split(" ")
      informs++
    } else connected()
    i = e + 1
  }
  rest = i < s.length ? s.substring(i) : ""
})

const clock = () => performance.now() / 1000
const put = (scenario: string, n: number, t: number, c: NodeJS.CpuUsage, more?: object) => {
  const u = process.cpuUsage(c)
  const secs = clock() - t
  console.log(JSON.stringify({ scenario, rate: n / secs, cpu: (u.user + u.system) / 1e6, secs, n, ...more }))
}
const concurrent = async (n: number, s: number) => {
  let done = 0
  const end = clock() + s
  const one = async () => {
    while (clock() < end) {
      await request("watchdog")
      done++
    }
  }
  await Promise.all(Array.from({ length: n }, one))
  return done
}

await ready
await concurrent(10, secs / 4)
{
  const lat: Array<number> = []
  const t = clock()
  const c = process.cpuUsage()
  while (clock() < t + secs) {
    const a = clock()
    await request("watchdog")
    lat.push(clock() - a)
  }
  const n = lat.length
  const sorted = Float64Array.from(lat).sort()
  put("seq", n, t, c, { p50: sorted[n >> 1]! * 1e6, p99: sorted[Math.floor(n * 0.99)]! * 1e6 })
}
for (const n of [100, 1000]) {
  const t = clock()
  const c = process.cpuUsage()
  put(`conc${n}`, await concurrent(n, secs), t, c)
}
{
  const t = clock()
  const c = process.cpuUsage()
  let asked = 0
  informs = 0
  while (clock() < t + secs) {
    await request("flood", 2000)
    asked += 2000
  }
  put("flood", informs, t, c, { complete: informs === asked })
}
socket.destroy()
