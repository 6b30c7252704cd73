// node bulk.mjs DIR COUNT ROUNDS [strategy] : time of one bulk sampling without the kernel
const [dir, count = "1000", rounds = "300", strategy = "event", what = "bulk"] = process.argv.slice(2)
const n = Number(count)
const { Effect, Layer, Context, Scope } = await import("effect")
const Socket = await import("effect/socket/Socket")
const SocketServer = await import("effect/socket/SocketServer")
const K = await import(`${dir}/dist/index.js`)
const { Arg, Interface, Sensor, Server } = K
const Bench = Interface.make("bench")
const live = Bench.toLayer(Effect.gen(function* () {
  const set = yield* Bench.sensorSet
  for (let i = 0; i < n; i++) yield* set.add(Sensor.make(`s${i}`, { doc: `Bench sensor ${i}.`, type: Arg.Float, units: "V", initial: 0 }))
  return {}
}))
let dial
const connections = []
const server = SocketServer.SocketServer.of({
  address: { _tag: "UnixPathAddress", path: "x" },
  run: (handler) => Effect.withFiber((fiber) => {
    const fork = Effect.runForkWith(fiber.context)
    dial = () => {
      let waiter, chunks = []
      const c = {
        fiber: undefined, bytes: 0, done: undefined, last: undefined, writes: 0, firstAt: 0,
        feed(text) { const b = new TextEncoder().encode(text); if (waiter) { const w = waiter; waiter = undefined; w(Effect.succeed([b])) } else chunks.push(b) },
      }
      const take = (parts) => {
        c.writes++
        for (const p of parts) { c.bytes += p.length; c.last = p }
        const l = c.last
        if (c.firstAt === 0) c.firstAt = performance.now()
        // the reply is last
        if (c.done && l[l.length - 1] === 10) {
          let start = l.length - 1
          while (start > 0 && l[start - 1] !== 10) start--
          if (l[start] === 33 || (c.wantBytes && c.bytes >= c.wantBytes)) { const d = c.done; c.done = undefined; d() }
        }
      }
      const socket = Socket.make({
        reader: Effect.succeed({ pull: Effect.callback((resume) => { if (chunks.length) { const all = chunks; chunks = []; return resume(Effect.succeed(all)) } waiter = resume }), upgrade: Socket.SocketUpgradeError.unsupported }),
        writer: Effect.succeed({ write: (x) => Effect.sync(() => take([x])), writeAll: (x) => Effect.sync(() => take(x)), writeNow: (x) => { take(x); return undefined } })
      })
      c.fiber = fork(handler(socket))
      connections.push(c)
      return c
    }
    return Effect.never
  })
})
const scope = Scope.makeUnsafe()
await Effect.runPromise(Scope.provide(Layer.build(Server.layer(Bench).pipe(Layer.provide(live), Layer.provide(Layer.succeed(SocketServer.SocketServer, server)))), scope))
const tick = () => new Promise((r) => setImmediate(r))
for (let i = 0; i < 10; i++) await tick()
const names = Array.from({ length: n }, (_, i) => `s${i}`).join(",")
const line = what === "value" ? "?sensor-value[7]\n" : `?sensor-sampling[7] ${names} ${strategy}\n`
const times = [], turns = [], firsts = []
const { Fiber } = await import("effect")
for (let r = 0; r < Number(rounds); r++) {
  const c = dial()
  for (let i = 0; i < 4; i++) await tick()
  c.bytes = 0; c.writes = 0; c.firstAt = 0
  const done = new Promise((r) => { c.done = r })
  let over = false, longest = 0, lastT = performance.now()
  const loop = () => { const t = performance.now(); if (t - lastT > longest) longest = t - lastT; lastT = t; if (!over) setImmediate(loop) }
  if (n > 5000) setImmediate(loop)
  const t = performance.now()
  c.feed(line)
  await done
  const t1 = performance.now()
  times.push(t1 - t); turns.push(Math.max(longest, t1 - lastT)); firsts.push(c.firstAt - t)
  over = true
  if (r === 0 || r === Number(rounds) - 1) console.log(`round ${r}: ${(t1 - t).toFixed(3)} ms, ${c.bytes} bytes, ${c.writes} writes, longest turn ${turns.at(-1).toFixed(1)}`)
  const w = Effect.runPromise(Fiber.interrupt(c.fiber))
  await w
  for (let i = 0; i < 3; i++) await tick()
}
const q = (v, p) => { const s = v.slice().sort((a, b) => a - b); return s[Math.min(s.length - 1, Math.floor(s.length * p))] }
console.log(`n=${n} first3 ${times.slice(0, 3).map((x) => x.toFixed(2)).join(" ")} | min ${q(times, 0).toFixed(3)} p25 ${q(times, 0.25).toFixed(3)} median ${q(times, 0.5).toFixed(3)} ms; firsts p50 ${q(firsts, 0.5).toFixed(2)}; longest turn p50 ${q(turns, 0.5).toFixed(2)} max ${q(turns, 1).toFixed(1)}; ns/sensor min ${(q(times, 0) / n * 1e6).toFixed(0)}`)
process.exit(0)
