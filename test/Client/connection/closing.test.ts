/** A client that is closed, or interrupted, wherever it is: it leaves nothing behind. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client } from "katcp"
import { hello5, immediately } from "../connect.ts"
import { connected, type Dialling, everySecond, makeDialling, outcome, record, speaks, watch } from "../dialling.ts"

/** Counts the fibers that are alive of what is run in it. */
const counted = () => {
  const fibers = { alive: 0 }
  const count = (difference: number) => () => {
    fibers.alive += difference
  }
  const metrics = { recordFiberStart: count(1), recordFiberEnd: count(-1) }
  const provide = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provideService(effect, Metric.FiberRuntimeMetrics, metrics)
  return { fibers, provide }
}

/** Lets all other fibers run for a while. */
const turns = Effect.repeat(Effect.yieldNow, { times: 50 })

/** The states of a client, and the way to each. */
const places: ReadonlyArray<readonly [string, Partial<Dialling>, ReadonlyArray<string>]> = [
  ["dials", { answer: "hang" }, ["Connecting 1"]],
  ["does not know yet what the device speaks", {}, ["Connecting 1", "Opened"]],
  ["reads the time-out hints", { says: "#version-connect katcp-protocol 5.1-MIBT\n" }, ["Connecting 1", "Opened"]],
  ["sleeps", { answer: "refuse" }, ["Connecting 1", "ConnectFailed 1: ConnectFailed", "Sleeping 1000"]],
  ["is connected", { says: hello5 }, ["Connecting 1", "Opened", speaks]]
]

const ways = [
  ["by its scope", (_: Client.Client<never, never>, scope: Scope.Closeable) => Scope.close(scope, Exit.void)],
  ["by close", (client: Client.Client<never, never>) => client.close],
  [
    "by close, twice at once",
    ({ close }: Client.Client<never, never>) => Effect.all([close, close], { concurrency: 2 })
  ],
  ["by drain", (client: Client.Client<never, never>) => client.drain]
] as const

describe("a client that is closed (trap: stop at each step of the start)", () => {
  for (const [place, device, before] of places)
    for (const [way, close] of ways)
      it.effect(
        `while it ${place}, ${way} (A-334, A-335, B-154)`,
        Effect.fnUntraced(function* () {
          const { fibers, provide } = counted()
          const dialling = yield* makeDialling()
          Object.assign(dialling, device)
          const scope = yield* Scope.make()
          const { client, events } = yield* provide(watch(dialling, { onDisconnected: "wait" })).pipe(
            Scope.provide(scope)
          )
          yield* TestClock.adjust(0)
          assert.deepStrictEqual(events, before)
          assert.isAbove(fibers.alive, 0)
          const informs = yield* Effect.forkScoped(Stream.runDrain(client.informs()), immediately)
          // one that waits for a connection, or for its answer
          const request = yield* Effect.forkScoped(outcome(client.call("x", [], { timeout: "2 seconds" })), immediately)
          const waiting = yield* Effect.forkScoped(Effect.flip(client.awaitConnected), immediately)
          yield* Effect.andThen(Effect.forkScoped(close(client, scope), immediately), TestClock.adjust("2 seconds"))
          const sent = place === "is connected"
          if (sent && way === "by drain") assert.strictEqual(yield* Fiber.join(request), "TimedOut")
          else assert.strictEqual(yield* Fiber.join(request), `closed by this client, ${sent ? "sent" : "not sent"}`)
          assert.isFalse(client.isConnected)
          yield* Fiber.join(informs)
          if (!sent) yield* Fiber.join(waiting)
          if (way !== "by its scope")
            assert.deepStrictEqual(events, [
              ...before,
              ...(sent ? ["Disconnected: closed by this client"] : []),
              "Closed: closed by this client"
            ])
          assert.strictEqual(yield* outcome(client.call("x")), "closed by this client, not sent")
          assert.strictEqual((yield* client.closed).reason._tag, "Disconnected")
          yield* Scope.close(scope, Exit.void)
          yield* TestClock.adjust("1 hour")
          assert.strictEqual(dialling.held, 0)
          assert.strictEqual(dialling.dials, 1)
          yield* turns
          assert.strictEqual(fibers.alive, 0)
        })
      )
})

describe("a client that is interrupted while it is made", () => {
  for (const [place, device] of places)
    it.effect(
      `${place}, at each step (trap: stop before the read loop starts)`,
      Effect.fnUntraced(function* () {
        for (let steps = 0; steps < 40; steps++) {
          const { fibers, provide } = counted()
          const dialling = yield* makeDialling()
          Object.assign(dialling, device)
          const scope = yield* Scope.make()
          const make = Effect.provideService(Client.make({ reconnect: everySecond }), Socket.Socket, dialling.socket)
          const fiber = yield* Effect.forkScoped(provide(Scope.provide(make, scope)), immediately)
          for (let step = 0; step < steps; step++) yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
          const made = Exit.isSuccess(yield* Fiber.await(fiber))
          // what was made lives as long as its scope; of what was not, the connection is gone at once
          if (made) yield* Scope.close(scope, Exit.void)
          assert.strictEqual(dialling.held, 0)
          yield* Scope.close(scope, Exit.void)
          yield* TestClock.adjust("1 minute")
          assert.isAtMost(dialling.dials, 1)
          yield* turns
          assert.strictEqual(fibers.alive, 0)
        }
      })
    )
})

describe("a listener that closes the client", () => {
  const closed = "Closed: closed by this client"
  const told: ReadonlyArray<readonly [Client.ClientState["_tag"], Array<string>]> = [
    ["Connecting", ["Connecting 1", closed]],
    ["Negotiating", ["Connecting 1", "Opened", closed]],
    ["Connected", ["Connecting 1", "Opened", speaks, "Disconnected: closed by this client", closed]],
    [
      "Sleeping",
      ["Connecting 1", "Opened", speaks, "Disconnected: the device closed the connection", "Sleeping 1000", closed]
    ]
  ]
  for (const [tag, expected] of told)
    it.effect(
      `at ${tag}: all others are notified in the right order`,
      Effect.fnUntraced(function* () {
        const dialling = yield* makeDialling()
        const make = Client.make({ reconnect: everySecond, connecting: "background" })
        const client = yield* Effect.provideService(make, Socket.Socket, dialling.socket)
        // the first to be told, before the next state is known to anybody else
        yield* Effect.forkScoped(
          Stream.runForEach(SubscriptionRef.changes(client.state), (state) =>
            state._tag === tag ? client.close : Effect.void
          ),
          immediately
        )
        const { events, states } = yield* record(client)
        yield* TestClock.adjust(0)
        if (tag === "Connected" || tag === "Sleeping") {
          const device = yield* dialling.next
          yield* device.send(hello5)
          yield* device.settle
          yield* device.close
        }
        yield* turns
        assert.deepStrictEqual(events, expected)
        assert.strictEqual(states.at(-1), "Closed")
        assert.strictEqual(client.state.value._tag, "Closed")
        assert.strictEqual(dialling.held, 0)
      })
    )
})

describe("a socket that fails in the midst of a write (trap: RST mid-write)", () => {
  it.effect(
    "is reported once, and the client reconnects",
    Effect.fnUntraced(function* () {
      const { client, device, dialling, events } = yield* connected()
      yield* device.pause
      const big = "x".repeat(100_000)
      const calls = yield* Effect.forEach(["a", "b"], (name) =>
        Effect.forkScoped(outcome(client.call(name, [big])), immediately)
      )
      yield* TestClock.adjust(0)
      yield* device.reset
      yield* TestClock.adjust(0)
      for (const call of calls) assert.match(yield* Fiber.join(call), /ECONNRESET|socket closed/)
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      assert.strictEqual(events.filter((event) => event.startsWith("Disconnected")).length, 1)
      assert.strictEqual(events.at(-1), speaks)
      const next = yield* dialling.next
      assert.deepStrictEqual(yield* next.settle, [])
    })
  )
})
