/** A device that tells what becomes of it, and the program that runs it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Sensor, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { greeted, turns } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("wait", { doc: "Reply after so many seconds.", args: { seconds: Arg.Float } }),
  Request.make("hold", { doc: "The same, and cannot be interrupted.", args: { seconds: Arg.Float } }),
  Request.make("count", { doc: "Count.", reply: { count: Arg.Int } }),
  Request.make("big", { doc: "Reply with so many bytes.", args: { size: Arg.Int }, reply: { bytes: Arg.Bytes } }),
  Sensor.make("counted", { doc: "The count.", type: Arg.Int, initial: 0 })
) {}

/** The device, and what has become of it. */
export const device = () => {
  const events: Array<string> = []
  const live = Lab.toLayer(
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => events.push("built")),
        () => Effect.sync(() => events.push("released"))
      )
      const { counted } = yield* Lab.sensors
      return {
        wait: ({ seconds }) =>
          Effect.onInterrupt(Effect.sleep(seconds * 1000), () => Effect.sync(() => events.push("interrupted"))),
        hold: ({ seconds }) =>
          Effect.uninterruptible(
            Effect.andThen(
              Effect.sleep(seconds * 1000),
              Effect.sync(() => events.push("held"))
            )
          ),
        count: Effect.fnUntraced(function* () {
          const count = BigInt(counted.value) + 1n
          yield* counted.set(Number(count))
          return { count }
        }),
        big: ({ size }) => Effect.succeed({ bytes: new Uint8Array(Number(size)).fill(0x62) })
      }
    })
  )
  return {
    events,
    layer: (options?: Server.Options) => Server.layer(Lab, options).pipe(Layer.provide(live))
  }
}

/** Runs a device on a network of its own as a program does. */
export const launched = Effect.fnUntraced(function* (
  layer: ReturnType<ReturnType<typeof device>["layer"]>,
  limit?: number
) {
  const context = yield* Layer.build(MemoryNetwork.layerWith({ limit }))
  const network = Context.get(context, MemoryNetwork)
  const program = yield* Effect.forkScoped(Effect.provideContext(Server.launch(layer), context), {
    startImmediately: true
  })
  const dial = (options?: { readonly paused?: boolean }) =>
    Effect.flatMap(network.connect, (socket) => RawConnection.make(socket, options))
  const connect = Effect.tap(dial(), greeted)
  yield* turns
  return { program, network, dial, connect, context }
})
