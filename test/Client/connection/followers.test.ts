/** Notifications of a client's parts about its connections. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { TestClock } from "effect/testing"
import { Core } from "../../../src/Client/Core.ts"
import type { Follower } from "../../../src/Client/connection/Follower.ts"
import { Link } from "../../../src/Client/connection/Link.ts"
import { type Options, resolve } from "../../../src/Client/connection/Options.ts"
import { hello5, immediately } from "../connect.ts"
import { everySecond, makeDialling } from "../dialling.ts"

/** A link with one follower, and its notifications. */
const start = Effect.fnUntraced(function* (options?: {
  readonly client?: Options
  readonly follower?: Partial<Follower>
}) {
  const dialling = yield* makeDialling()
  dialling.says = hello5
  const settings = resolve({ reconnect: everySecond, ...options?.client })
  const core = new Core(settings, yield* Effect.context())
  const link = new Link(core, dialling.socket)
  const told: Array<string> = []
  const tell = (what: string) => told.push(`${what} ${link.current === undefined ? "without" : "with"} connection`)
  const follower: Follower = {
    prepare: (connection) =>
      Effect.andThen(
        Effect.sync(() => tell("prepare")),
        options?.follower?.prepare?.(connection) ?? Effect.void
      ),
    connected: (connection) => {
      tell("connected")
      options?.follower?.connected?.(connection)
    },
    lost: () => tell("lost")
  }
  core.begin()
  yield* Effect.addFinalizer(() =>
    Effect.andThen(
      link.close,
      Effect.sync(() => core.end())
    )
  )
  link.start([follower], yield* Effect.scope)
  return { core, dialling, link, told }
})

describe("a follower", () => {
  it.effect(
    "prepares each connection in advance, and is notified of its beginning and end",
    Effect.fnUntraced(function* () {
      const { dialling, link, told } = yield* start()
      yield* link.connected
      const first = ["prepare without connection", "connected with connection"]
      assert.deepStrictEqual(told, first)
      yield* Effect.flatMap(dialling.next, (device) => device.reset)
      yield* TestClock.adjust("1 second")
      yield* link.connected
      assert.deepStrictEqual(told, [...first, "lost without connection", ...first])
      yield* link.close
      assert.deepStrictEqual(told, [...first, "lost without connection", ...first, "lost without connection"])
    })
  )

  it.effect(
    "is not notified of a connection that is lost during the preparation",
    Effect.fnUntraced(function* () {
      const { dialling, link, told } = yield* start({ follower: { prepare: () => Effect.sleep(100) } })
      const device = yield* dialling.next
      yield* device.settle
      assert.isUndefined(link.current)
      yield* device.close
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(told, ["prepare without connection"])
      yield* TestClock.adjust(1100)
      assert.strictEqual(told.at(-1), "connected with connection")
    })
  )

  it.effect(
    "is not notified of a connection that close or drain ends during the preparation",
    Effect.fnUntraced(function* () {
      for (const how of ["close", "drain"] as const) {
        const { dialling, link, told } = yield* start({ follower: { prepare: () => Effect.sleep(100) } })
        yield* Effect.flatMap(dialling.next, (device) => device.settle)
        yield* link[how]
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(told, ["prepare without connection"])
        assert.deepStrictEqual([dialling.dials, dialling.held], [1, 0])
      }
    })
  )

  it.effect(
    "is not notified of a connection that an earlier follower has closed",
    Effect.fnUntraced(function* () {
      const { link, told } = yield* start()
      yield* Effect.forkScoped(
        Stream.runForEach(SubscriptionRef.changes(link.state), ({ _tag }) =>
          _tag === "Connected" ? link.close : Effect.void
        ),
        immediately
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(told, ["prepare without connection"])
    })
  )

  it.effect(
    "with a defect ends the client, and says why",
    Effect.fnUntraced(function* () {
      const follower: Partial<Follower> = {
        connected: () => {
          throw new Error("a fault of ours")
        }
      }
      const { dialling, link } = yield* start({ follower })
      const { reason } = yield* Effect.flip(Effect.andThen(TestClock.adjust("1 minute"), link.connected))
      assert.isTrue(reason._tag === "ConnectFailed" && String(reason.cause).includes("a fault of ours"))
      assert.deepStrictEqual([dialling.dials, dialling.held], [1, 0])
    })
  )

  it.effect(
    "reports synced only for the current connection (trap: synced while disconnected)",
    Effect.fnUntraced(function* () {
      const { dialling, link } = yield* start()
      yield* link.connected
      const { current } = link
      assert(current !== undefined)
      link.synced(current)
      assert.strictEqual(SubscriptionRef.getUnsafe(link.state)._tag, "Synced")
      yield* Effect.flatMap(dialling.next, (device) => device.close)
      yield* TestClock.adjust(0)
      link.synced(current)
      link.syncing(false)
      assert.strictEqual(SubscriptionRef.getUnsafe(link.state)._tag, "Sleeping")
      yield* TestClock.adjust("1 second")
      yield* link.connected
      link.synced(current)
      assert.strictEqual(SubscriptionRef.getUnsafe(link.state)._tag, "Connected")
    })
  )
})

describe("a listener for the end", () => {
  it.effect(
    "is notified once, with the reason if the end was not requested, and at once if it has happened already",
    Effect.fnUntraced(function* () {
      for (const how of ["close", "loss"] as const) {
        const { dialling, link } = yield* start({ client: { reconnect: false } })
        yield* link.connected
        const told: Array<string> = []
        const close = (name: string) => (error: { readonly message: string } | undefined) =>
          void told.push(`${name} ${error?.message ?? "closed"}`)
        link.whenClosed(close("first"))
        link.whenClosed(close("second"))()
        if (how === "close") yield* link.close
        else yield* Effect.flatMap(dialling.next, (device) => device.close)
        yield* TestClock.adjust(0)
        link.whenClosed(close("late"))
        const why = how === "close" ? "closed" : "not connected (the device closed the connection)"
        assert.deepStrictEqual(told, [`first ${why}`, `late ${why}`])
      }
    })
  )
})
