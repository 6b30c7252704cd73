/** Devices that answer `?sensor-list` and `?help` with nonsense, or not at all. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Client } from "katcp"
import { immediately, logged } from "../connect.ts"
import { type Answer, type FakeDevice, fake } from "./fake.ts"
import { pass, rest } from "./site.ts"

type AnyClient = Pick<Client.Client<never, never>, "device" | "anomalies" | "state">

/** Answers requests of a name in another way, until `device.instead` is set again. */
const answers = (device: FakeDevice, name: string, answer: (head: string, own: ReadonlyArray<string>) => Answer) => {
  device.instead = (asked) => (asked.name === name ? { answer: answer(asked.head, device.own(asked)) } : undefined)
}
const heal = (device: FakeDevice) => {
  device.instead = () => undefined
}
const tagOf = ({ state }: AnyClient) => SubscriptionRef.getUnsafe(state)._tag
const inspecting = { inspect: true, connecting: "background" } as const

/** Malformed lists of sensors and requests. */
const failures: ReadonlyArray<readonly [string, (head: string, own: ReadonlyArray<string>) => Answer]> = [
  ["that is refused", (head) => [`!${head} fail busy`]],
  ["that is invalid", (head) => [`!${head} invalid no\\_such\\_request`]],
  ["that fails with a word of its own", (head) => [`!${head} timeout`]],
  ["whose reply has no return code", (head) => [`!${head}`]],
  ["that lacks one", (_, own) => own.slice(1)],
  ["that comes behind its reply", (_, own) => [...own.slice(-1), ...own.slice(0, -1)]],
  ["with a malformed number", (head, own) => [...own.slice(0, -1), `!${head} ok many`]],
  ["without an end", (head) => Array.from({ length: 101 }, (_, index) => `#${head} s${index} doc \\@ integer`)]
]

describe("a list of a device", () => {
  for (const request of ["sensor-list", "help"])
    for (const [title, answer] of failures)
      it.effect(
        `of ?${request} ${title} keeps the client unsynced, and is requested again (katcp-python#168)`,
        Effect.fnUntraced(function* () {
          const { client, device } = yield* fake({ ...inspecting, maxInforms: 100 })
          device.add("a")
          device.add("b")
          answers(device, request, answer)
          for (let turn = 0; turn < 10; turn++) {
            yield* pass("1 second")
            assert.strictEqual(tagOf(client), "Syncing")
          }
          // with growing delays: after half a second, one, two, four, each less by up to a half
          assert.isAtLeast(device.askedFor(request).length, 4)
          assert.isAtMost(device.askedFor(request).length, 6)
          heal(device)
          // and at the longest after sixteen
          yield* pass("16 seconds")
          yield* client.synced
          assert.deepStrictEqual(client.device.sensors.names, ["a", "b"])
          assert.deepStrictEqual([...client.device.requests.keys()], ["help", "sensor-list"])
          assert.strictEqual(device.connections, 1)
        })
      )

  it.effect(
    "that does not arrive in time is requested again, and the reason is logged",
    Effect.fnUntraced(function* () {
      const test = Effect.gen(function* () {
        const { client, device } = yield* fake({ ...inspecting, syncTimeout: "3 seconds" })
        device.add("a")
        answers(device, "sensor-list", () => undefined)
        yield* pass(2999)
        assert.strictEqual(device.askedFor("sensor-list").length, 1)
        assert.strictEqual(tagOf(client), "Syncing")
        yield* pass(501)
        yield* pass()
        assert.strictEqual(device.askedFor("sensor-list").length, 2)
        heal(device)
        yield* rest
        yield* client.synced
        assert.deepStrictEqual(client.device.sensors.names, ["a"])
      })
      const { records } = yield* logged(test)
      assert.match(
        records.join("\n"),
        /Warn katcp.client: the device could not be queried: \?sensor-list.*; retrying in \d+ ms/
      )
    })
  )

  it.effect(
    "that was read is reported even if the other one failed",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake(inspecting)
      const told: Array<Client.InterfaceChange> = []
      yield* client.device.changes.pipe(
        Stream.runForEach((change) => Effect.sync(() => told.push(change))),
        Effect.forkScoped(immediately)
      )
      device.add("a")
      answers(device, "sensor-list", (head) => [`!${head} fail`])
      yield* pass()
      heal(device)
      yield* rest
      yield* client.synced
      assert.deepStrictEqual(
        told.map(({ requests, sensors }) => [requests.added, sensors.added]),
        [
          [["help", "sensor-list"], []],
          [[], ["a"]]
        ]
      )
    })
  )
})

describe("a malformed description", () => {
  it.effect(
    "is counted, and affects no other sensor; an unknown type becomes text, odd limits are dropped",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake(inspecting)
      device.add("good")
      device.add("quaternion", "doc m quaternion 1 2", "nominal 1+2i")
      device.add("range", "doc m integer 1.5 x", "nominal 7")
      device.add("limits", "doc m float 1", "nominal 7.5")
      device.add("empty", "doc m discrete", "nominal on")
      device.add("short", "doc")
      answers(device, "sensor-list", (head, own) => [
        `#${head}`,
        `#${head} good doc \\@ float`,
        ...own.slice(0, -1),
        `!${head} ok ${own.length + 1}`
      ])
      yield* pass()
      yield* client.mirror("*")
      yield* client.synced
      assert.deepStrictEqual(
        client.device.sensors.values.map(({ definition, value }) => [
          definition.name,
          definition.type.sensorType,
          value
        ]),
        [
          ["empty", "string", "on"],
          ["good", "integer", 1],
          ["limits", "float", 7.5],
          ["quaternion", "string", "1+2i"],
          ["range", "integer", 7],
          ["short", "string", "1"]
        ]
      )
      // five sensors, one without a name, one that is listed twice
      assert.strictEqual(client.anomalies.counts.BadDescription, 7)
    })
  )

  for (const [limits, type, reading, value] of [
    ["0", "integer", "7", 7],
    ["1 2 3", "integer", "7", 7],
    ["1 2 3 4 5", "float", "7.5", 7.5],
    ["0.0 10.0", "integer", "7", 7],
    ["\\@ \\@", "float", "7.5", 7.5]
  ] as const)
    it.effect(
      `of a sensor "${type} ${limits}" leaves it a number: it is awaited and sampled as one (P-194, Q-07)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* fake()
        device.add("a", `doc m ${type} ${limits}`, `nominal ${reading}`)
        const sensor = client.sensorNamed("a")
        answers(device, "sensor-value", (head) => [`#${head} 1 1 a nominal ${reading}`, `!${head} ok 1`])
        assert.strictEqual((yield* sensor.get()).value, value)
        assert.strictEqual(client.anomalies.counts.BadDescription, 1)
        heal(device)
        yield* client.mirror("a", { _tag: "Differential", difference: 1 })
        yield* client.synced
        const found = yield* sensor.waitFor((reading) => (reading.value as number) > 5)
        assert.strictEqual(found.value, value)
        const { definition } = client.device.sensors.get("a")!
        assert.deepStrictEqual([definition.type.sensorType, definition.parameters], [type, []])
        assert.strictEqual(client.anomalies.counts.SamplingRefused, 0)
        assert.strictEqual(client.anomalies.counts.BadReading, 0)
        assert.include(device.set.a, "differential")
      })
    )

  it.effect(
    "of a sensor in the contract has the contract's type, and the device's other properties",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake(inspecting)
      device.add("azimuth", "where rad float -1 1", "nominal 0.5")
      device.add("busy", "on\\_the\\_way \\@ integer", "nominal 1")
      yield* pass()
      yield* client.mirror("*")
      yield* client.synced
      const { doc, nominal, units } = client.device.sensors.get("azimuth")!.definition
      assert.deepStrictEqual([doc, nominal, units], ["where", [-1, 1], "rad"])
      assert.strictEqual(client.sensor.busy.reading?.value, true)
      assert.strictEqual(client.anomalies.counts.BadDescription, 1)
    })
  )
})

describe("a sensor that is requested by name", () => {
  it.effect(
    "is missing only if the device says that it is unknown; otherwise the whole list decides",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      yield* client.mirror("a")
      yield* client.synced
      yield* pass()
      device.instead = ({ args, head, name }) =>
        name === "sensor-list" && args.length > 0 ? { answer: [`!${head} fail busy`] } : undefined
      yield* device.send("#interface-changed sensor a modified")
      yield* rest
      yield* client.synced
      assert.deepStrictEqual(client.device.sensors.names, ["a"])
      assert.deepStrictEqual(device.askedFor("sensor-list"), ["a", "a", ""])
      device.remove("a")
      yield* device.send("#interface-changed sensor a removed")
      yield* rest
      yield* client.synced
      assert.deepStrictEqual(client.device.sensors.names, [])
      heal(device)
      device.add("a")
      yield* device.send("#interface-changed sensor a added")
      yield* rest
      device.remove("a")
      yield* device.send("#interface-changed sensor a removed")
      yield* rest
      assert.deepStrictEqual(client.device.sensors.names, [])
      assert.deepStrictEqual(device.askedFor("sensor-list").slice(3), ["a", "", "a", "a"])
    })
  )

  it.effect(
    "is not confused with others that the answer describes",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("/b/")
      device.add("b")
      answers(device, "sensor-list", (head) => [`#${head} b doc \\@ integer`, `!${head} ok 1`])
      yield* client.mirror("/b/")
      yield* client.synced
      assert.deepStrictEqual(client.device.sensors.names, [])
    })
  )
})
