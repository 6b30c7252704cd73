/**
 * A device with something of everything, for tests of clients for arbitrary devices: sensors of each type, requests
 * that are quick, slow, failing and defective, and an interface that changes.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Arg, Dialect } from "../Codec/index.ts"
import { type ConnectedClient, type Device, make as makeInterface, Request, type Sensors } from "../Interface/index.ts"
import { RequestFailed } from "../Message/index.ts"
import * as Sensor from "../Sensor/index.ts"

/**
 * The contract of the demo device.
 *
 * @category contracts
 * @since 0.1.0
 */
export class Demo extends makeInterface("demo", { version: "demo-1.0" }).add(
  Request.make("new-command", { doc: "Reply at once.", reply: { first: Arg.Text, second: Arg.Text } }),
  Request.make("echo", {
    doc: "Return the arguments, with an inform for each.",
    args: { text: Arg.Text, float: Arg.Float, int: Arg.Int, boolean: Arg.Boolean },
    informs: { name: Arg.Text, type: Arg.Text },
    reply: { text: Arg.Text, float: Arg.Float, int: Arg.Int, boolean: Arg.Boolean }
  }),
  Request.make("raise-fail", { doc: "Fail." }),
  Request.make("raise-exception", { doc: "Die of a defect." }),
  Request.make("slow-command", {
    doc: "Reply after this many seconds, or when it is cancelled. A client can have one at a time.",
    args: { seconds: Arg.between(Arg.Float, { minimum: 0 }) },
    timeoutHint: "99 seconds",
    // otherwise a client without ids could not cancel it
    concurrency: "concurrent"
  }),
  Request.make("cancel-slow-command", { doc: "Make the slow command of the same client reply now." }),
  Request.make("set-sensor", {
    doc: "Set a sensor to a value in its form on the wire.",
    args: { name: Arg.Text, value: Arg.Bytes, status: Arg.withDefault(Arg.Discrete(...Sensor.statuses), "nominal") }
  }),
  Request.make("add-sensor", { doc: "Add an integer sensor, or replace one.", args: { name: Arg.Text } }),
  Request.make("remove-sensor", { doc: "Remove a sensor.", args: { name: Arg.Text } }),
  Request.make("send-inform", { doc: "Send the client an asynchronous inform #demo.", args: { text: Arg.Text } }),
  Sensor.make("an.int", { doc: "An integer.", type: Arg.Int, units: "count", nominal: [-5, 5], initial: 3 }),
  Sensor.make("a.float", { doc: "A float.", type: Arg.Float, nominal: [-123.4, 123.4], initial: 12 }),
  Sensor.make("a.boolean", { doc: "A boolean.", type: Arg.Boolean, initial: true }),
  Sensor.make("a.discrete", { doc: "A discrete.", type: Arg.Discrete("one", "two", "three"), initial: "one" }),
  Sensor.make("a.string", { doc: "A string.", type: Arg.Text, initial: "some text" }),
  Sensor.make("a.timestamp", { doc: "A timestamp.", type: Arg.Timestamp, initial: 12345 }),
  Sensor.make("an.address", { doc: "An address.", type: Arg.Address, status: "nominal" }),
  Sensor.make("an.lru", { doc: "A line replaceable unit.", type: Arg.Lru, initial: "nominal" }),
  Sensor.make("unread", { doc: "It has no reading yet.", type: Arg.Float })
) {}

const failed = (message: string) => new RequestFailed({ message })

/** The slow commands in progress. */
class Slow {
  private readonly byClient = new Map<ConnectedClient, Deferred.Deferred<void>>()

  run(client: ConnectedClient, seconds: number): Effect.Effect<void, RequestFailed> {
    return Effect.suspend(() => {
      if (this.byClient.has(client)) return Effect.fail(failed("A slow command of this client is already running."))
      const cancelled = Deferred.makeUnsafe<void>()
      this.byClient.set(client, cancelled)
      return Effect.timeoutOption(Deferred.await(cancelled), seconds * 1000).pipe(
        Effect.ensuring(Effect.sync(() => this.byClient.delete(client))),
        Effect.asVoid
      )
    })
  }

  cancel(client: ConnectedClient): Effect.Effect<void> {
    return Effect.suspend(() => {
      const running = this.byClient.get(client)
      return running === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(running, undefined))
    })
  }
}

/**
 * The demo device, to be served like any other, in memory or on a port.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { connect, DemoDevice, Expect } from "katcp/Testing"
 *
 * const test = Effect.gen(function* () {
 *   const { client } = yield* connect(DemoDevice.Demo, DemoDevice.layer)
 *   yield* Expect.fails(client.call("raise-fail"), { code: "fail" })
 *   yield* client.call("set-sensor", ["an.int", 4])
 *   yield* Expect.sensor(client.sensor["an.int"], { value: 4 })
 * })
 * await Effect.runPromise(Effect.scoped(test))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Device<"demo"> | Sensors<"demo">> = Demo.toLayer(
  Effect.gen(function* () {
    const sensors = yield* Demo.sensorSet
    const slow = new Slow()
    const found = (name: string) => Effect.mapError(sensors.find(name), ({ message }) => failed(message))
    return {
      "new-command": () => Effect.succeed({ first: "param1", second: "param2" }),
      echo: (args, { inform }) => {
        for (const [name, value] of Object.entries(args)) inform({ name, type: typeof value })
        return Effect.succeed(args)
      },
      "raise-fail": () => Effect.fail(failed("There was a problem with your request.")),
      "raise-exception": () => Effect.die(new Error("An exception occurred!")),
      "slow-command": ({ seconds }, { client }) => slow.run(client, seconds),
      "cancel-slow-command": (_, { client }) => slow.cancel(client),
      "set-sensor": Effect.fnUntraced(function* ({ name, status, value }, { client }) {
        const sensor = yield* found(name)
        const set = sensor.setFormatted(value, Dialect.of(client.protocol), { status })
        yield* Effect.mapError(set, ({ message }) => failed(message))
      }),
      "add-sensor": Effect.fnUntraced(function* ({ name }) {
        if (!Sensor.isName(name)) return yield* failed(`${name} is not a sensor name`)
        yield* sensors.add(Sensor.make(name, { doc: "An integer that was added.", type: Arg.Int, initial: 0 }))
      }),
      "remove-sensor": Effect.fnUntraced(function* ({ name }) {
        yield* sensors.remove(yield* found(name))
      }),
      "send-inform": ({ text }, { client }) => Effect.sync(() => void client.inform("demo", [text]))
    }
  })
)
