/** The queries of a new connection, which go out together: timeout hints, requests, sensors. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client } from "katcp"
import type { RawConnection } from "katcp/Testing"
import { everySecond, makeDialling } from "../dialling.ts"

/** A client that inspects its device, and the device, which has hints and has answered nothing. */
const start = Effect.gen(function* () {
  const dialling = yield* makeDialling()
  dialling.says = "#version-connect katcp-protocol 5.1-MIBT\n"
  const make = Client.make({ inspect: true, connecting: "background", reconnect: everySecond, checkContract: false })
  const client = yield* Effect.provideService(make, Socket.Socket, dialling.socket)
  return { client, dialling, device: yield* dialling.next }
})

const expectAll = (device: RawConnection.RawConnection) =>
  Effect.forEach(["?request-timeout-hint[1]", "?help[2]", "?sensor-list[3]"], (line) => device.expect(line))
const hints = "!request-timeout-hint[1] ok 0\n"
const lists = (sensor: string, help = 2, list = 3) =>
  `#help[${help}] halt Stop.\n!help[${help}] ok 1\n` +
  `#sensor-list[${list}] ${sensor} doc \\@ integer\n!sensor-list[${list}] ok 1\n`
const known = ({ device }: Client.Client<never, never>) => [[...device.requests.keys()], device.sensors.names]

describe("the lists of a device that is inspected", () => {
  it.effect(
    "are requested with the timeout hints, and used once these are known",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* start
      yield* expectAll(device)
      yield* device.send(lists("a"))
      yield* device.settle
      assert.strictEqual(SubscriptionRef.getUnsafe(client.state)._tag, "Negotiating")
      assert.deepStrictEqual(known(client), [[], []])
      yield* device.send(hints)
      yield* client.synced
      assert.deepStrictEqual(known(client), [["halt"], ["a"]])
    })
  )

  it.effect(
    "may take longer than the hints: requests can be made meanwhile",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* start
      yield* expectAll(device)
      yield* device.send(hints)
      yield* client.awaitConnected
      assert.strictEqual(SubscriptionRef.getUnsafe(client.state)._tag, "Syncing")
      yield* device.send(lists("a"))
      yield* client.synced
      assert.deepStrictEqual(known(client), [["halt"], ["a"]])
    })
  )

  it.effect(
    "are requested again if the interface changes before the hints are known",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* start
      yield* expectAll(device)
      yield* device.send(lists("a"))
      yield* device.send("#interface-changed sensor-list\n")
      yield* device.send(hints)
      yield* device.expect("?help[4]")
      yield* device.expect("?sensor-list[5]")
      yield* device.send(lists("b", 4, 5))
      yield* client.synced
      assert.deepStrictEqual(known(client), [["halt"], ["b"]])
    })
  )

  it.effect(
    "are requested again on the next connection",
    Effect.fnUntraced(function* () {
      const { client, device, dialling } = yield* start
      yield* expectAll(device)
      yield* device.send(lists("a"))
      yield* device.reset
      yield* TestClock.adjust("1 second")
      const second = yield* dialling.next
      yield* expectAll(second)
      yield* second.send(hints)
      yield* second.send(lists("b"))
      yield* client.synced
      assert.deepStrictEqual(known(client), [["halt"], ["b"]])
    })
  )
})
