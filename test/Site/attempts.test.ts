/** Devices that are down do not delay those that are up: attempts to connect have limits, by kind. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Socket from "effect/socket/Socket"
import { type DeviceInput, Site } from "katcp/Site"
import { pass } from "../Client/sensors/site.ts"
import { client, device, onNetwork } from "./network.ts"

/** The attempts to connect to some devices: when each began, and how many are in progress. */
class Seen {
  readonly at: Array<number> = []
  now = 0
  most = 0

  /** A Socket whose attempts take some milliseconds, and fail. */
  readonly down = (milliseconds: number): Layer.Layer<Socket.Socket> =>
    Layer.succeed(
      Socket.Socket,
      Socket.make({
        reader: Effect.gen({ self: this as Seen }, function* () {
          this.at.push(yield* Clock.currentTimeMillis)
          this.most = Math.max(this.most, ++this.now)
          yield* Effect.ensuring(
            Effect.sleep(milliseconds),
            Effect.sync(() => this.now--)
          )
          return yield* new Socket.SocketError({
            reason: new Socket.SocketOpenError({ kind: "Unknown", cause: new Error("down") })
          })
        }),
        writer: Effect.never
      })
    )

  /** The largest number that began within a time, in milliseconds. */
  within(milliseconds: number, from: number): number {
    const at = this.at.filter((time) => time >= from)
    return Math.max(
      ...at.map((start, index) => at.filter((time, i) => i >= index && time < start + milliseconds).length)
    )
  }
}

/** Devices that are down; each is tried again after half a second. */
const many = (count: number, socket: Layer.Layer<Socket.Socket>): Record<string, DeviceInput> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `down${index}`,
      { socket, client: { reconnect: Schedule.spaced(500) } }
    ])
  )

describe("attempts to connect", () => {
  it.effect("repeat at most 200 times a second, however many devices are down", () =>
    Effect.gen(function* () {
      const seen = new Seen()
      yield* Site.make({ devices: many(400, seen.down(1)) })
      yield* pass("400 millis")
      assert.strictEqual(seen.at.length, 400)
      yield* pass("5 seconds")
      // without the limit: 800
      assert.isAtMost(seen.within(1000, 450), 201)
      assert.isAtLeast(seen.at.length, 400 + 900)
    }).pipe(Effect.scoped)
  )

  it.effect("of devices that are down leave places for devices that are added", () =>
    Effect.gen(function* () {
      const seen = new Seen()
      const { socket } = yield* device(1)
      // each attempt takes as long as to a host that does not answer
      const site = yield* Site.make({ devices: many(600, seen.down(5000)) })
      yield* pass("1 minute")
      assert.isAbove(seen.at.length, 600)
      yield* site.add("up", { socket, client })
      yield* pass("50 millis")
      assert.isTrue(site.devices.get("up")!.health.synced)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("to hosts that do not answer do not hold the next ones up, and are limited", () =>
    Effect.gen(function* () {
      const seen = new Seen()
      const { socket } = yield* device(1)
      const site = yield* Site.make({ devices: { ...many(400, seen.down(5000)), up: { socket, client } } })
      // 16 in each quarter of a second; one after the other they would take two minutes
      yield* pass("7 seconds")
      assert.isTrue(site.devices.get("up")!.health.synced)
      assert.strictEqual(new Set(seen.at.filter((time) => time < 5000)).size, 20)
      assert.strictEqual(seen.within(250, 0), 16)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("without an answer are at most 512, besides those that have a place", () =>
    Effect.gen(function* () {
      const seen = new Seen()
      yield* Site.make({ devices: many(900, seen.down(600_000)) })
      yield* pass("5 minutes")
      assert.strictEqual(seen.most, 512 + 16)
    }).pipe(Effect.scoped)
  )

  it.effect("go on when devices are removed while they wait", () =>
    Effect.gen(function* () {
      const seen = new Seen()
      const { socket } = yield* device(1)
      const site = yield* Site.make({ devices: many(60, seen.down(5000)), concurrency: 2 })
      yield* pass("300 millis")
      for (const name of [...site.devices.keys()]) yield* site.remove(name)
      assert.strictEqual(seen.now, 0)
      yield* site.add("up", { socket, client })
      yield* pass("50 millis")
      assert.isTrue(site.devices.get("up")!.health.synced)
    }).pipe(Effect.scoped, onNetwork)
  )
})
