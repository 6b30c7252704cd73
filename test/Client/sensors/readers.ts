/** Those who read mirrored sensors, in tests. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Client, Sampling } from "katcp"
import { immediately } from "../connect.ts"
import type { FakeDevice } from "./fake.ts"

type AnyClient = Pick<Client.Client<never, never>, "sensorNamed" | "watch">

/** Sets a sensor of a device. */
export const set = (device: FakeDevice, name: string, ...values: ReadonlyArray<number>) => {
  device.sensors.get(name)!.reading = `nominal ${values.at(-1)}`
  return device.send(...values.map((value) => `#sensor-status 1 1 ${name} nominal ${value}`))
}

/** Reads when the latch is open, and notes what comes. */
export const reader = <A, E>(stream: Stream.Stream<A, E>, open = Latch.makeUnsafe(true)) =>
  Effect.gen(function* () {
    const seen: Array<A> = []
    const fiber = yield* stream.pipe(
      Stream.rechunk(1),
      Stream.runForEach((value) =>
        Effect.andThen(
          open.await,
          Effect.sync(() => seen.push(value))
        )
      ),
      Effect.forkScoped(immediately)
    )
    return { seen, fiber }
  })

/** The view of a sensor: its values, or the status if that is not nominal. */
export const valuesOf = (client: AnyClient, name: string) =>
  Stream.map(client.sensorNamed(name).sample(), ({ status, value }) => (status === "nominal" ? value : status))

/** The readings of a consumer, as text. */
export const readings = Effect.fnUntraced(function* (
  { sensorNamed }: Pick<Client.Client<never, never>, "sensorNamed">,
  name: string,
  strategy: Sampling.Strategy.Strategy
) {
  const seen: Array<string> = []
  const scope = yield* Effect.scope
  const reader = yield* Scope.fork(scope)
  yield* sensorNamed(name)
    .sample(strategy)
    .pipe(
      Stream.runForEach(({ status, value }) => Effect.sync(() => seen.push(`${status} ${value}`))),
      Effect.forkIn(reader, immediately)
    )
  return { seen, leave: Scope.close(reader, Exit.void) }
})
