import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client, Message } from "katcp"
import { RawConnection, SocketPair } from "katcp/Testing"
import { connect, connectTo, hello4, hello5, immediately, logged } from "../connect.ts"

const { Protocol } = Message

/** Tries to connect to a device that says this. */
const attempt = Effect.fnUntraced(function* (says: string, options?: Client.Options) {
  const [near, far] = SocketPair.make()
  const device = yield* RawConnection.make(far)
  yield* device.send(says)
  const make = Effect.provideService(Client.make({ reconnect: false, ...options }), Socket.Socket, near)
  const fiber = yield* Effect.forkScoped(make, immediately)
  return { device, fiber, error: Effect.flip(Fiber.join(fiber)) }
})

describe("negotiating the protocol", () => {
  for (const [says, speaks, ids] of [
    ["#version-connect katcp-protocol 5.1-MIB\n", "5.1-BIM", true],
    ["#version-connect katcp-protocol 5.0-MI\n", "5.0-IM", true],
    ["#version-connect katcp-protocol 5.1\n", "5.1", false],
    ["#version-connect katcp-protocol 5.1-MIU\n", "5.1-IMU", true],
    ["#version-connect katcp-library x-1\n#version-connect katcp-protocol 5.0-M\n", "5.0-M", false],
    ["#version dev-1.0\n#build-state dev-1.0rc1\n", "4.0", false],
    ["#build-state dev-1.0a2\n", "4.0", false],
    ["#version dev-1.0\r\n", "4.0", false]
  ] as const)
    it.effect(
      `${JSON.stringify(says)} is ${speaks} (P-123, P-134, P-055, A-322, A-323, A-325)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connect({}, says)
        assert.strictEqual(client.protocol.toString(), speaks)
        assert.strictEqual(client.dialect.major, Number(speaks[0]))
        yield* Effect.forkScoped(client.call("watchdog"))
        assert.strictEqual(yield* device.next, ids ? "?watchdog[1]" : "?watchdog")
      })
    )

  it.effect(
    "works across any chunk boundaries",
    Effect.fnUntraced(function* () {
      const contract = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }
      const { client } = yield* connectTo(contract, {}, hello5, { segments: [1] })
      assert.strictEqual(client.protocol.toString(), "5.1-BIM")
    })
  )

  it.effect(
    "a silent device is sent ?version-list, and its ids are used (Rev 5.1 §4.1)",
    Effect.fnUntraced(function* () {
      const { device, fiber } = yield* attempt("")
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(yield* device.settle, [])
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* device.next, "?version-list")
      yield* device.send("#version-list katcp-protocol 5.1-MI\n#version-list oven o-1 7\n!version-list ok 2\n")
      const client = yield* Fiber.join(fiber)
      assert.strictEqual(client.protocol.toString(), "5.1-IM")
      assert.deepStrictEqual(client.versions.get("oven"), { version: "o-1", build: "7" })
      yield* Effect.forkScoped(client.call("watchdog"), immediately)
      assert.strictEqual(yield* device.next, "?watchdog[1]")
      assert.deepStrictEqual(
        Object.entries(client.anomalies.counts).filter(([, count]) => count > 0),
        []
      )
    })
  )

  it.effect(
    "a refusal of ?version-list decides nothing: the device may still announce its version, or is given up",
    Effect.fnUntraced(function* () {
      for (const says of [hello4, undefined]) {
        const { device, error, fiber } = yield* attempt("")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* device.next, "?version-list")
        yield* device.send("!version-list invalid unknown\n")
        yield* TestClock.adjust("3 seconds")
        assert.isUndefined(fiber.pollUnsafe())
        if (says === undefined) {
          yield* TestClock.adjust("1 second")
          assert.include((yield* error).message, "5000 ms")
        } else {
          yield* device.send(says)
          assert.strictEqual((yield* Fiber.join(fiber)).protocol.major, 4)
        }
      }
    })
  )

  it.effect(
    "a device whose list contradicts its informs is given up (P-134)",
    Effect.fnUntraced(function* () {
      const { device, error } = yield* attempt("")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* device.next, "?version-list")
      yield* device.send("#version-list katcp-protocol 5.1-MI\n#version-connect katcp-protocol 5.0-M\n")
      const { reason } = yield* error
      assert.strictEqual(reason._tag, "ProtocolConflict")
    })
  )

  it.effect(
    "all announced versions are kept, even of unknown components, with one or two values (P-127, A-324)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect(
        {},
        `${hello5}#version-connect katcp-library x-1.2 x-1.2.3\n#version-connect oven o-1\n`
      )
      assert.deepStrictEqual(Object.fromEntries(client.versions), {
        "katcp-protocol": { version: "5.1-MIB" },
        "katcp-library": { version: "x-1.2", build: "x-1.2.3" },
        oven: { version: "o-1" }
      })
      yield* device.send("#version-connect oven o-2 serial\\_7\n#version-connect\n#version-connect lid\n")
      yield* device.settle
      assert.deepStrictEqual(client.versions.get("oven"), { version: "o-2", build: "serial 7" })
      assert.isFalse(client.versions.has("lid"))
      assert.isTrue(client.isConnected)
    })
  )

  it.effect(
    "those of version 4 are kept by the names of their informs (P-131, P-132)",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect({}, hello4)
      assert.deepStrictEqual(Object.fromEntries(client.versions), {
        version: { version: "example-api-1.0" },
        "build-state": { version: "example-implementation-0.1" }
      })
    })
  )

  it.effect(
    "a silent device is given up after exactly the timeout, and its connection closed (P-134)",
    Effect.fnUntraced(function* () {
      const { device, error, fiber } = yield* attempt("#log info 1 root hello\n", {
        host: "dish:7147",
        negotiationTimeout: "3 seconds"
      })
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const failure = yield* error
      assert.deepStrictEqual(
        { ...failure.reason },
        { ...new Message.TimedOut({ which: "negotiation", timeout: 3000 }) }
      )
      assert.strictEqual(failure.host, "dish:7147")
      assert.strictEqual((yield* device.closed)._tag, "SocketCloseError")
    })
  )

  it.effect(
    "with a preset protocol the client does not wait, and a contradiction only logs a warning (P-134, A-326)",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device } = yield* connect({ protocol: Protocol.make(5, 0, "MI") }, "")
          assert.strictEqual(client.protocol.toString(), "5.0-IM")
          yield* device.send("#version-connect katcp-protocol 5.0-IM\n")
          yield* device.settle
          assert.strictEqual(client.anomalies.counts.ProtocolFault, 0)
          yield* device.send("#version dev-1.0\n#version-connect katcp-protocol x\n")
          yield* device.settle
          assert.strictEqual(client.anomalies.counts.ProtocolFault, 2)
          assert.isTrue(client.isConnected)
          assert.strictEqual(client.protocol.toString(), "5.0-IM")
        })
      )
      assert.deepStrictEqual(records, [
        "Warn katcp.client: the device contradicts itself about its protocol version: 5.0-IM is preset, then #version dev-1.0",
        "Warn katcp.client: the device's answer is malformed: #version-connect katcp-protocol x"
      ])
    })
  )

  for (const says of [
    `${hello5}#version dev-1.0\n`,
    `#build-state d-1.0\n${hello5}`,
    `${hello5}${hello5.replace("B", "")}`
  ])
    it.effect(
      `${JSON.stringify(says)} is a conflict (P-134, A-327)`,
      Effect.fnUntraced(function* () {
        const { device, error } = yield* attempt(says)
        assert.strictEqual((yield* error).reason._tag, "ProtocolConflict")
        yield* device.closed
      })
    )

  it.effect(
    "a later conflict ends the client and its open requests (P-134, A-327)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const open = yield* Effect.forkScoped(Effect.flip(client.call("watchdog")))
      yield* device.next
      yield* device.send("#version dev-1.0\n")
      assert.strictEqual((yield* client.closed).reason._tag, "ProtocolConflict")
      const error = yield* Fiber.join(open)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "Disconnected" && error.reason.sent)
      assert.isFalse(client.isConnected)
      yield* device.closed
    })
  )

  for (const [says, reason] of [
    ["#version-connect katcp-protocol five\n", "MalformedReply"],
    ["#version-connect katcp-protocol\n", "MalformedReply"],
    ["#version-connect katcp-protocol 6.0-I\n", "Unsupported"],
    ["#version-connect katcp-protocol 3.0\n", "Unsupported"]
  ] as const)
    it.effect(
      `${JSON.stringify(says)} ends with ${reason} (P-134, B-147)`,
      Effect.fnUntraced(function* () {
        const { device, error } = yield* attempt(says)
        assert.strictEqual((yield* error).reason._tag, reason)
        yield* device.closed
      })
    )

  it.effect(
    "only the accepted major versions are spoken (B-147)",
    Effect.fnUntraced(function* () {
      const { error } = yield* attempt(hello4, { acceptMajors: [5] })
      assert.strictEqual((yield* error).message, "the device does not support KATCP 5: it speaks 4.0")
      const { fiber } = yield* attempt("#version-connect katcp-protocol 6.0\n", { acceptMajors: [5, 6] })
      assert.strictEqual((yield* Fiber.join(fiber)).protocol.major, 6)
    })
  )

  it.effect(
    "a device that disconnects during the negotiation is Disconnected, with its own reason",
    Effect.fnUntraced(function* () {
      const first = yield* attempt("")
      yield* first.device.close
      const lost = yield* first.error
      assert.isTrue(lost.reason._tag === "Disconnected" && lost.reason.detail === "the device closed the connection")
      const second = yield* attempt("#disconnect no\\_room\n")
      const sent = yield* second.error
      assert.isTrue(sent.reason._tag === "Disconnected" && sent.reason.detail === "no room" && !sent.reason.sent)
    })
  )

  it.effect(
    "a refused connection is ConnectFailed",
    Effect.fnUntraced(function* () {
      const cause = new Socket.SocketError({
        reason: new Socket.SocketOpenError({ kind: "Unknown", cause: new Error("ECONNREFUSED") })
      })
      const socket = Socket.make({ reader: Effect.fail(cause), writer: Effect.die("not reached") })
      const exit = yield* Effect.exit(
        Effect.provideService(Client.make({ host: "h", reconnect: false }), Socket.Socket, socket)
      )
      assert.isTrue(Exit.isFailure(exit))
      const error = yield* Effect.flip(exit)
      assert.isTrue(error.reason._tag === "ConnectFailed" && error.reason.cause === cause && error.host === "h")
    })
  )

  it.effect(
    "interrupting it closes the connection (trap: stop at each step of the start)",
    Effect.fnUntraced(function* () {
      // it dials in the first turn
      for (let steps = 1; steps < 12; steps++) {
        const { device, fiber } = yield* attempt("")
        for (let step = 0; step < steps; step++) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
        yield* device.closed
      }
    })
  )
})
