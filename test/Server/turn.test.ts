import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Sensor } from "katcp"
import { type Server, layer as serve } from "katcp/Server"
import { say, start, turns } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("point", { doc: "Point the antenna.", args: { az: Arg.Int } }),
  Sensor.make("az", { type: Arg.Int, initial: 0 })
) {}

const device = serve(Lab).pipe(
  Layer.provide(Lab.toLayer(Effect.map(Lab.sensors, (sensors) => ({ point: ({ az }) => sensors.az.set(az) }))))
)

/** The informs of each step of the server that sent any. */
const steps = Effect.fnUntraced(function* (server: Server["Service"]) {
  const taken: Array<number> = []
  const watch = Effect.gen(function* () {
    let before = (yield* server.stats).informs
    while (true) {
      yield* Effect.yieldNow
      const { informs } = yield* server.stats
      if (informs > before) taken.push(informs - before)
      before = informs
    }
  })
  yield* Effect.forkScoped(watch, { startImmediately: true })
  return taken
})

/** Clients that get each update of the sensor, and one that will cause many in one chunk. */
const subscribed = Effect.fnUntraced(function* (count: number) {
  const running = yield* start(device, { limit: 1e9 })
  for (let n = 0; n < count; n++) {
    const client = yield* running.connect
    yield* say(client, "?sensor-sampling az event")
    yield* client.settle
  }
  const busy = yield* running.connect
  yield* busy.settle
  return { ...running, busy }
})

/** Runs a server whose work takes long: 1 ms passes between two readings of the clock. */
const slowly = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const clock = yield* Clock.Clock
  let readings = 0n
  const slow: Clock.Clock = Object.assign(Object.create(clock), {
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + ++readings * 1_000_000n
  })
  return yield* Effect.provideService(effect, Clock.Clock, slow)
})

const points = (count: number): string => Array.from({ length: count }, (_, n) => `?point ${n + 1}\n`).join("")

describe("one turn of the event loop (P-410)", () => {
  it.effect(
    "has a bounded number of requests and informs of one client: others run between 64 KiB of ?help",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device, { limit: 1e9 })
      const flood = yield* connect
      const other = yield* connect
      yield* flood.settle
      yield* other.settle
      const taken = yield* steps(server)
      yield* flood.send("?help\n".repeat(10_922))
      yield* say(other, "?watchdog")
      assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
      while (((yield* server.stats).requests.get("help") ?? 0) < 10_922) yield* turns
      assert.isBelow(Math.max(...taken), 2 * 4096 + 100)
      assert.isAbove((yield* server.stats).informs, 100_000)
    })
  )

  it.effect(
    "starts again with each chunk: three chunks of 3,000 informs take one turn each",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device, { limit: 1e9 })
      const client = yield* connect
      yield* client.settle
      const taken = yield* steps(server)
      yield* client.send("?help\n")
      yield* client.settle
      const each = taken.pop()!
      const requests = Math.floor(3000 / each)
      for (let chunk = 0; chunk < 3; chunk++) {
        yield* client.send("?help\n".repeat(requests))
        yield* client.settle
      }
      assert.deepStrictEqual(taken, Array(3).fill(each * requests))
    })
  )

  it.effect(
    "has all updates of a chunk, however many subscribers they have",
    Effect.fnUntraced(function* () {
      const { busy, server } = yield* subscribed(200)
      const taken = yield* steps(server)
      yield* busy.send(points(64))
      assert.lengthOf(yield* busy.settle, 64)
      assert.deepStrictEqual(taken, [64 * 200])
    })
  )

  it.effect(
    "ends after 5 ms, and others get theirs",
    Effect.fnUntraced(function* () {
      const { busy, connect, server } = yield* slowly(subscribed(0))
      const other = yield* connect
      yield* other.settle
      yield* busy.send(points(1000))
      yield* say(other, "?watchdog")
      yield* other.expect("!watchdog ok")
      assert.isBelow((yield* server.stats).requests.get("point")!, 500)
      while (((yield* server.stats).requests.get("point") ?? 0) < 1000) yield* turns
    })
  )

  it.effect(
    "ends after 5 ms if an update has many subscribers, too: the clock is read more often",
    Effect.fnUntraced(function* () {
      const { busy, server } = yield* slowly(subscribed(200))
      const taken = yield* steps(server)
      yield* busy.send(points(128))
      assert.lengthOf(yield* busy.settle, 128)
      // with a reading for every 16 requests, 96 updates would be one turn
      assert.isBelow(Math.max(...taken), 50 * 200)
      assert.strictEqual(
        taken.reduce((sum, informs) => sum + informs, 0),
        128 * 200
      )
    })
  )
})
