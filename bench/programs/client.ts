/**
 * The client that the bench measures: `node client.ts HOST PORT SECS` (see README.md in bench/). Timeouts are on; each
 * inform goes to a handler that decodes all its arguments.
 */

import * as Effect from "effect/Effect"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

const [host = "127.0.0.1", port = "0", seconds = "1"] = process.argv.slice(2)
const secs = Number(seconds)
const clock = () => performance.now() / 1000

const put = (scenario: string, n: number, since: number, cpu: NodeJS.CpuUsage, more?: object) => {
  const used = process.cpuUsage(cpu)
  const took = clock() - since
  const line = { scenario, rate: n / took, cpu: (used.user + used.system) / 1e6, secs: took, n, ...more }
  console.log(JSON.stringify(line))
}

const program = Effect.gen(function* () {
  const client = yield* Client.make()

  const loops = Effect.fnUntraced(function* (count: number, duration: number) {
    let done = 0
    const end = clock() + duration
    const loop = Effect.gen(function* () {
      while (clock() < end) {
        yield* client.call("watchdog")
        done++
      }
    })
    yield* Effect.forEach(Array.from({ length: count }), () => loop, { concurrency: "unbounded", discard: true })
    return done
  })

  // a client runs for days with compiled hot code: compilation is not measured
  for (const count of [1, 10, 100, 1]) yield* loops(count, 0.25)
  {
    const latencies: Array<number> = []
    const since = clock()
    const cpu = process.cpuUsage()
    while (clock() < since + secs) {
      const asked = clock()
      yield* client.call("watchdog")
      latencies.push(clock() - asked)
    }
    const sorted = Float64Array.from(latencies).sort()
    const at = (part: number) => sorted[Math.floor(sorted.length * part)]! * 1e6
    put("seq", latencies.length, since, cpu, { p50: at(0.5), p99: at(0.99) })
  }
  for (const count of [100, 1000]) {
    const since = clock()
    const cpu = process.cpuUsage()
    const done = yield* loops(count, secs)
    put(`conc${count}`, done, since, cpu)
  }
  let informs = 0
  yield* client.onInform("sensor-status", (message) => {
    const words: Array<string> = []
    for (let at = 0; at < message.length; at++) words.push(message.text(at)!)
    if (words.length > 0) informs++
  })
  const since = clock()
  const cpu = process.cpuUsage()
  let asked = 0
  while (clock() < since + secs) {
    yield* client.call("flood", [2000])
    asked += 2000
  }
  put("flood", informs, since, cpu, { complete: informs === asked })
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(NodeClient.tcp({ host, port: Number(port) }))))
