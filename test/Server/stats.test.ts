/** Statistics of a server, from its service and from the metrics of Effect. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { say, start, turns } from "./harness.ts"
import { lab } from "./samplingLab.ts"

/** A server whose metrics nobody else has. */
const counted = Effect.fnUntraced(function* (options?: Parameters<ReturnType<typeof lab>["layer"]>[0]) {
  const registry: Metric.MetricRegistry = new Map()
  const device = lab()
  const layer = Layer.provide(device.layer(options), Layer.succeed(Metric.MetricRegistry, registry))
  const running = yield* start(layer, { limit: 1000 })
  const metrics = Effect.map(Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry), (series) =>
    series.map(({ attributes, id, state, type }) => ({ attributes, id, type, state }))
  )
  /** Counts other than 0, by the name of the metric and the request. */
  const figures = Effect.map(metrics, (series) => {
    const found: Record<string, number | bigint> = {}
    for (const { attributes, id, state } of series) {
      const value = "count" in state ? state.count : "value" in state ? state.value : Number.NaN
      if (value !== 0) found[attributes?.request === undefined ? id : `${id} ${attributes.request}`] = value
    }
    return found
  })
  return { ...running, device, registry, metrics, figures }
})

describe("the figures of a server", () => {
  it.effect(
    "are 0 at first, and follow what it does",
    Effect.fnUntraced(function* () {
      const { connect, device, figures, server } = yield* counted()
      const { requests, ...first } = yield* server.stats
      assert.deepStrictEqual(first, {
        clients: 0,
        sampled: 0,
        inFlight: 0,
        queuedBytes: 0,
        unknownRequests: 0,
        informs: 0,
        syntaxErrors: 0,
        slowClients: 0,
        refusedRequests: 0,
        refusedClients: 0,
        largestClients: 0
      })
      assert.isTrue([...requests.values()].every((count) => count === 0))
      assert.includeMembers([...requests.keys()], ["watchdog", "help", "sensor-sampling", "wait", "spin"])
      const one = yield* connect
      const two = yield* connect
      yield* one.settle
      // three of each connection, and one that tells of the other
      assert.strictEqual((yield* server.stats).informs, 7)
      yield* say(one, "?watchdog", "?watchdog", "?wait[1] 5", "?wait[2] 6", "?nosuch", "what", "?sensor-value")
      yield* say(two, "?sensor-sampling count,volt event", "?sensor-sampling mode auto", "?sensor-list count")
      yield* one.settle
      yield* two.settle
      const stats = yield* server.stats
      // the log of a malformed line, 6 values, 3 reports, 1 description
      assert.strictEqual(stats.informs, 7 + 1 + 6 + 3 + 1)
      assert.strictEqual(stats.requests.get("wait"), 2)
      assert.deepStrictEqual(yield* figures, {
        katcp_server_clients: 2,
        katcp_server_sampled: 3,
        katcp_server_requests_in_flight: 2,
        "katcp_server_requests_total watchdog": 2,
        "katcp_server_requests_total wait": 2,
        "katcp_server_requests_total sensor-value": 1,
        "katcp_server_requests_total sensor-list": 1,
        "katcp_server_requests_total sensor-sampling": 2,
        katcp_server_unknown_requests_total: 1,
        katcp_server_informs_total: 18,
        katcp_server_syntax_errors_total: 1
      })
      yield* device.sensors().count.set(5)
      server.broadcast("note")
      assert.strictEqual((yield* server.stats).informs, 18 + 1 + 2)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* server.stats).inFlight, 1)
      yield* two.reset
      yield* turns
      const last = yield* server.stats
      assert.deepStrictEqual([last.clients, last.sampled, last.inFlight], [1, 0, 1])
      yield* say(one, "?sensor-sampling count event", "?sensor-sampling count none")
      yield* one.settle
      assert.strictEqual((yield* server.stats).sampled, 0)
    })
  )

  it.effect(
    "count a long list of sensors and concurrent clients",
    Effect.fnUntraced(function* () {
      const { dial, server } = yield* counted()
      const clients = yield* Effect.forEach(Array.from({ length: 70 }), () => dial(), { concurrency: "unbounded" })
      for (const client of clients) yield* client.settle
      // three to each, and each of the others that came later
      assert.strictEqual((yield* server.stats).informs, 70 * 3 + (70 * 69) / 2)
    })
  )

  it.effect(
    "include clients that do not read: their backlog, and their disconnections (P-018)",
    Effect.fnUntraced(function* () {
      const { dial, figures, server } = yield* counted({ maxBacklog: 10_000 })
      yield* dial({ paused: true })
      yield* turns
      const before = (yield* server.stats).queuedBytes
      assert.strictEqual(before, 0)
      for (let n = 0; n < 6; n++) {
        server.broadcast("note", ["x".repeat(1000)])
        yield* turns
      }
      const { katcp_server_queued_bytes: queued } = yield* figures
      assert.isAbove(Number(queued), 4000)
      assert.isBelow(Number(queued), 6100)
      for (let n = 0; n < 6; n++) server.broadcast("note", ["x".repeat(1000)])
      yield* TestClock.adjust("1 second")
      yield* turns
      const { clients, informs, queuedBytes, slowClients } = yield* server.stats
      assert.deepStrictEqual({ clients, queuedBytes, slowClients }, { clients: 0, queuedBytes: 0, slowClients: 1 })
      assert.isBelow(informs, 3 + 12)
    })
  )

  it.effect(
    "are metrics with the device's name and address, until the server is released",
    Effect.fnUntraced(function* () {
      const scope = yield* Scope.make()
      const { metrics, registry } = yield* Scope.provide(counted(), scope)
      const series = yield* metrics
      assert.isTrue(
        series.every(({ attributes }) => attributes?.device === "lab" && attributes.address === "127.0.0.1:7147")
      )
      assert.deepStrictEqual(
        series.filter(({ id }) => id === "katcp_server_informs_total"),
        [
          {
            attributes: { device: "lab", address: "127.0.0.1:7147" },
            id: "katcp_server_informs_total",
            type: "Counter",
            state: { count: 0, incremental: true }
          }
        ]
      )
      assert.strictEqual(new Set(series.map(({ id }) => id)).size, 12)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(registry.size, 0)
    })
  )

  it.effect(
    "are each server's own",
    Effect.fnUntraced(function* () {
      const [one, two] = [yield* counted(), yield* counted()]
      yield* say(yield* one.connect, "?watchdog")
      yield* turns
      assert.strictEqual((yield* one.server.stats).requests.get("watchdog"), 1)
      assert.strictEqual((yield* two.server.stats).requests.get("watchdog"), 0)
    })
  )
})
