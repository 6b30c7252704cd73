/**
 * A careful Effect client: `effect-client.ts HOST PORT SECS`.
 *
 * Like net-client.ts, but a request is an interruptible Effect and every loop is a fiber; informs go to a handler that
 * is an Effect in its own fiber. Without timeouts, checks, escapes and Schemas: the difference to the project is the
 * cost of its features.
 */
import * as net from "node:net"
import * as Effect from "effect/Effect"

const host = process.argv[2]!
const port = Number(process.argv[3])
const secs = Number(process.argv[4])
const socket = net.connect({ host, port, noDelay: true })
let last = 0
let out = ""
let rest = ""
let informs = 0
const pending = new Map<string, (effect: Effect.Effect<Array<string>>) => void>()
const send = () => {
  socket.write(out, "latin1")
  out = ""
}
const request = (name: string, arg?: number) =>
  Effect.callback<Array<string>>((resume) => {
    const id = String(++last)
    pending.set(id, resume)
    if (out === "") queueMicrotask(send)
    out += `?${name}[${id}]${arg === undefined ? "\n" : ` ${arg}\n`}`
    return Effect.sync(() => pending.delete(id))
  })
const onStatus = (words: Array<string>) =>
  Effect.sync(() => {
    informs += words.length > 0 ? 1 : 0
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
      resolve?.(Effect.succeed(s.substring(b + 2, e).split(" ")))
    } else if (s.startsWith("#sensor-status ", i)) {
      Effect.runFork(onStatus(s.substring(i, e).split(" ")))
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
const concurrent = (n: number, s: number) =>
  Effect.suspend(() => {
    let done = 0
    const end = clock() + s
    const one = Effect.gen(function* () {
      while (clock() < end) {
        yield* request("watchdog")
        done++
      }
    })
    return Effect.as(
      Effect.forEach(Array.from({ length: n }), () => one, { concurrency: "unbounded", discard: true }),
      () => done
    )
  }).pipe(Effect.map((f) => f()))

const main = Effect.gen(function* () {
  yield* Effect.promise(() => ready)
  yield* concurrent(10, secs / 4)
  {
    const lat: Array<number> = []
    const t = clock()
    const c = process.cpuUsage()
    while (clock() < t + secs) {
      const a = clock()
      yield* request("watchdog")
      lat.push(clock() - a)
    }
    const n = lat.length
    const sorted = Float64Array.from(lat).sort()
    put("seq", n, t, c, { p50: sorted[n >> 1]! * 1e6, p99: sorted[Math.floor(n * 0.99)]! * 1e6 })
  }
  for (const n of [100, 1000]) {
    const t = clock()
    const c = process.cpuUsage()
    const done = yield* concurrent(n, secs)
    put(`conc${n}`, done, t, c)
  }
  const t = clock()
  const c = process.cpuUsage()
  let asked = 0
  informs = 0
  while (clock() < t + secs) {
    yield* request("flood", 2000)
    asked += 2000
  }
  put("flood", informs, t, c, { complete: informs === asked })
})
await Effect.runPromise(main)
socket.destroy()
