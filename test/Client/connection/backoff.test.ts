/** When clients that have lost their device dial it again, by default. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { hello5, immediately } from "../connect.ts"
import { makeDialling, watch } from "../dialling.ts"

/** The delays of the default schedule, in milliseconds. */
const delays = Effect.fnUntraced(function* (count: number) {
  const step = yield* Schedule.toStep(Client.reconnectSchedule)
  const all: Array<number> = []
  for (let n = 0; n < count; n++) {
    const [, delay] = yield* Effect.orDie(step(yield* Clock.currentTimeMillis, undefined))
    all.push(Duration.toMillis(delay))
  }
  return all
})

describe("the default schedule (A-312, A-372, B-148, trap: back-off formula wrong, no jitter)", () => {
  it.effect(
    "doubles from 0.5 s to 60 s, each delay at random between half and all of it",
    Effect.fnUntraced(function* () {
      const longest = [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]
      const runs = yield* Random.withSeed(Effect.all(Array.from({ length: 1000 }, () => delays(10))), "doubling")
      for (const [nth, most] of longest.entries()) {
        const all = runs.map((run) => run[nth]! / most).sort((one, other) => one - other)
        assert.isAtLeast(all[0]!, 0.5)
        assert.isAtMost(all[999]!, 1)
        // evenly over all of the range: each tenth of it has about a tenth of the delays
        for (let tenth = 0; tenth < 10; tenth++) {
          const from = 0.5 + tenth / 20
          const count = all.filter((delay) => delay >= from && delay < from + 0.05).length
          assert.isTrue(count > 65 && count < 140, `${count} of 1000 in a tenth of the range of delay ${nth}`)
        }
      }
    })
  )

  it.effect(
    "stays at a minute however long the device is away",
    Effect.fnUntraced(function* () {
      const all = yield* Random.withSeed(delays(3000), "long")
      for (const delay of all.slice(7)) assert.isTrue(delay >= 30000 && delay <= 60000, `${delay}`)
    })
  )

  it.effect(
    "is used by a client, and restarts after a connection",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      dialling.answer = "refuse"
      const { client, events } = yield* watch(dialling, { reconnect: undefined })
      yield* TestClock.adjust("10 minutes")
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 minute")
      yield* client.awaitConnected
      dialling.answer = "refuse"
      yield* Effect.flatMap(dialling.next, (device) => device.reset)
      yield* TestClock.adjust(4000)
      const slept = events.flatMap((event) => (event.startsWith("Sleeping") ? [Number(event.slice(9))] : []))
      const again = events.slice(events.findIndex((event) => event.startsWith("Disconnected")))
      const [first, second] = again.flatMap((event) => (event.startsWith("Sleeping") ? [Number(event.slice(9))] : []))
      assert.isAbove(slept[6]!, 16000)
      assert.isTrue(first! >= 250 && first! <= 500, `${first}`)
      assert.isTrue(second! >= 500 && second! <= 1000, `${second}`)
      assert.strictEqual(again[2], "Connecting 1")
    }, Random.withSeed("anew"))
  )
})

describe("a device that disconnects at once each time (P-421)", () => {
  it.effect(
    "is dialled less and less often; a connection that outlasts the delay before it restarts the schedule",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      dialling.says = hello5
      const doubling = Schedule.exponential("1 second")
      const { client, events } = yield* watch(dialling, { reconnect: doubling })
      const delays = () => events.flatMap((event) => (event.startsWith("Sleeping") ? [Number(event.slice(9))] : []))
      /** Connected for so long, then evicted. */
      const connectFor = Effect.fnUntraced(function* (time: number) {
        const device = yield* dialling.next
        yield* client.awaitConnected
        yield* TestClock.adjust(time)
        yield* device.send("#disconnect New\\_client.\n")
        yield* device.close
        yield* device.settle
        yield* TestClock.adjust(delays().at(-1)!)
      })
      for (const time of [190, 190, 190, 190, 7999]) yield* connectFor(time)
      assert.deepStrictEqual(delays(), [1000, 2000, 4000, 8000, 16000])
      yield* connectFor(16000)
      yield* connectFor(100)
      assert.deepStrictEqual(delays().slice(5), [1000, 2000])
      // what the user asks for is done at once, and leaves the schedule where it is
      yield* dialling.next
      yield* client.awaitConnected
      yield* client.reconnect
      yield* dialling.next
      yield* client.awaitConnected
      assert.strictEqual(delays().length, 7)
    })
  )
})

describe("100 clients that lose one device", () => {
  it.effect(
    "do not all reconnect at once",
    Effect.fnUntraced(
      function* () {
        const network = yield* MemoryNetwork
        const listening = yield* Scope.make()
        const server = yield* network.listen().pipe(Scope.provide(listening))
        const devices: Array<RawConnection.RawConnection> = []
        yield* Effect.forkScoped(
          server.run(
            Effect.fnUntraced(function* (socket) {
              const device = yield* RawConnection.make(socket)
              devices.push(device)
              yield* device.send(hello5)
              yield* device.closed
            }, Effect.scoped)
          ),
          immediately
        )
        const attempts: Array<number> = []
        for (let number = 0; number < 100; number++) {
          const client = yield* Effect.provideServiceEffect(Client.make(), Socket.Socket, network.connect)
          yield* Effect.forkScoped(
            Stream.runForEach(client.events, (event) =>
              event._tag === "Connecting"
                ? Effect.map(Clock.currentTimeMillis, (now) => attempts.push(now))
                : Effect.void
            ),
            immediately
          )
        }
        // nobody listens any more: the port is refused
        yield* Scope.close(listening, Exit.void)
        for (const device of devices) yield* device.reset
        yield* TestClock.adjust("2 minutes")
        const within = (from: number, to: number) => attempts.filter((time) => time >= from && time < to).length
        assert.strictEqual(within(0, 250), 0)
        assert.strictEqual(within(250, 505), 100)
        // a hundred at once would be a load; these are one every 2.5 ms
        for (let from = 250; from < 500; from += 25) assert.isAtMost(within(from, from + 25), 20)
        // and the further apart the longer it lasts
        for (let from = 10_000; from < 20_000; from += 1000) assert.isAtMost(within(from, from + 1000), 30)
        for (let from = 60_000; from < 120_000; from += 1000) assert.isAtMost(within(from, from + 1000), 12)
        assert.isTrue(attempts.length >= 700 && attempts.length <= 1100, `${attempts.length} attempts in two minutes`)
      },
      Effect.provide(MemoryNetwork.layerEmpty()),
      Random.withSeed("herd")
    )
  )
})
