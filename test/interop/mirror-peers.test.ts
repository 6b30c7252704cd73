/** Our mirror of the example device on both Python libraries: what it shows is what the device has. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Client, type KatcpError, Sampling, Sensor } from "katcp"
import { NodeClient } from "katcp/Node"
import { describePeer, startPythonDevice } from "./peers.ts"

const { Strategy } = Sampling
type Kind = "aio" | "kp" | "kp4"
type Mirrored = Effect.Success<ReturnType<typeof Client.make>> & Client.Client<never, never>

const textOf = ({ definition, reading }: Sensor.LiveSensor<unknown>) => {
  const { doc, name, parameters, type, units } = definition
  return [name, doc, units, type.sensorType, parameters.join(), reading.status, String(reading.value)].join(" | ")
}

/** The sensors of the device with their readings, asked for by plain requests. */
const stateOf = Effect.fnUntraced(function* ({ call, dialect }: Mirrored) {
  const readings = new Map(
    (yield* call("sensor-value")).informs.map((inform) => [inform.text(2)!, [0, 3, 4].map((at) => inform.bytes(at)!)])
  )
  return (yield* call("sensor-list")).informs.map((inform) => {
    const definition = Sensor.parseDescription(inform, dialect) as Sensor.Any
    const [timestamp, status, value] = readings.get(definition.name)!
    const reading = Sensor.parseReading(definition, [timestamp!, status!, value!], dialect)
    const sensor = Sensor.LiveSensor.makeUnsafe<unknown>(definition, 0)
    sensor.receive(reading as Sensor.Reading<unknown>)
    return textOf(sensor)
  })
})

const strategiesOf = ({ call, device }: Mirrored) =>
  Effect.forEach(device.sensors.names, (name) =>
    Effect.map(call("sensor-sampling", [name]), ({ values }) => `${values[0]} ${values[1]}`)
  )

/** Waits, as long as a slow machine may take, until a mirror is as its device. */
const isMirror = (client: Mirrored, sensors: Sensor.SensorSet): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    yield* client.synced
    assert.deepStrictEqual(sensors.values.map(textOf).toSorted(), (yield* stateOf(client)).toSorted())
  }).pipe(Effect.sandbox, Effect.retry(Schedule.max([Schedule.spaced("50 millis"), Schedule.recurs(1000)])))

const connect = (host: string, port: number): Effect.Effect<Mirrored, KatcpError, Scope.Scope> =>
  Effect.provide(Client.make({ reconnect: Schedule.spaced("50 millis") }), NodeClient.tcp({ host, port }))

for (const kind of ["aio", "kp", "kp4"] as const satisfies ReadonlyArray<Kind>) {
  const library = kind === "aio" ? "aiokatcp" : "katcp"
  describePeer(library, `our mirror of a device on ${library}${kind === "kp4" ? " at version 4" : ""}`, () => {
    it.live(
      "equals the device: descriptions, readings, additions and removals (P-171, P-190, P-253, P-256)",
      Effect.fnUntraced(function* () {
        const { host, port } = yield* Effect.promise(() => startPythonDevice(kind))
        const client = yield* connect(host, port)
        const sensors = yield* client.mirror("*")
        yield* isMirror(client, sensors)
        assert.isAbove(sensors.size, 10)
        // other values, statuses, and those of no value
        for (const [name, value, status] of [
          ["test.int", "55", "warn"],
          ["test.float", "-7.25", "error"],
          ["test.string", "a b", "nominal"],
          ["test.bool", "1", "failure"]
        ] as const)
          yield* client.call("set-sensor", [name, value, status])
        yield* isMirror(client, sensors)
        assert.deepStrictEqual([sensors.get("test.int")?.value, sensors.get("test.int")?.status], [55, "warn"])
        // a device of version 4 does not say what comes and goes: it is asked for by who wants it
        yield* client.call("add-sensor", ["added.later"])
        if (kind === "kp4") yield* client.mirror("added.later")
        yield* isMirror(client, sensors)
        assert.isTrue(sensors.has("added.later"))
        if (kind === "kp4") return
        yield* client.call("remove-sensor", ["added.later"])
        yield* isMirror(client, sensors)
        assert.isFalse(sensors.has("added.later"))
      }, Effect.scoped)
    )

    it.live(
      "has one strategy on the wire for all consumers of a sensor, serves each, and leaves none behind (P-213)",
      Effect.fnUntraced(function* () {
        const { host, port } = yield* Effect.promise(() => startPythonDevice(kind))
        const client = yield* connect(host, port)
        const { sample } = client.sensorNamed("test.int")
        const rated = sample(Strategy.eventRate("100 millis", "10 seconds"))
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Effect.forkScoped(Stream.runDrain(rated), { startImmediately: true })
            const reading = yield* sample().pipe(
              Stream.takeUntil(({ value }) => value === 3),
              Stream.runCollect,
              Effect.forkScoped({ startImmediately: true })
            )
            yield* client.synced
            assert.deepStrictEqual(yield* strategiesOf(client), ["test.int event"])
            for (const value of [1, 1, 2, 3]) yield* client.call("set-sensor", ["test.int", value])
            // what it began with, then each change once
            const readings = yield* Fiber.join(reading)
            assert.deepStrictEqual(readings.map(({ value }) => value).slice(-3), [1, 2, 3])
          })
        )
        yield* client.synced
        const { values: left } = yield* client.call("sensor-sampling", ["test.int"])
        assert.strictEqual(left[1], "none")
      }, Effect.scoped)
    )

    it.live(
      "becomes unreachable when the device is killed, and equals the next one on the same port",
      Effect.fnUntraced(function* () {
        const first = yield* Effect.promise(() => startPythonDevice(kind))
        const { host, port } = first
        const client = yield* connect(host, port)
        const sensors = yield* client.mirror("*", Strategy.event)
        yield* isMirror(client, sensors)
        yield* client.call("set-sensor", ["test.int", 77])
        yield* isMirror(client, sensors)
        const gone = client.sensorNamed("test.int").waitFor(({ status }) => status === "unreachable")
        const [lost] = yield* Effect.all([gone, Effect.promise(() => first.kill())], { concurrency: 2 })
        assert.deepStrictEqual([lost.status, lost.value], ["unreachable", 77])
        assert.isTrue(sensors.values.every(({ status }) => status === "unreachable"))
        yield* Effect.promise(() => startPythonDevice(kind, port))
        yield* isMirror(client, sensors)
        // it is a new device, which begins again
        assert.notStrictEqual(sensors.get("test.int")?.value, 77)
        assert.isTrue((yield* strategiesOf(client)).every((text) => text.endsWith(" event")))
      }, Effect.scoped)
    )
  })
}
