/** Sensors that are replaced by others of the same name. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { immediately } from "../connect.ts"
import { fake, withoutBulk } from "./fake.ts"
import { pass, rest } from "./site.ts"

describe("a sensor that is replaced", () => {
  // aiokatcp 2025-05: the answer of the one before was taken for the answer of the new one
  for (const when of ["before its strategy was set", "behind it, before the reply"] as const)
    for (const otherwise of [false, true])
      it.effect(
        `during its subscription, ${when}, by one with ${otherwise ? "another" : "the same"} description`,
        Effect.fnUntraced(function* () {
          const { client, device } = yield* fake({}, withoutBulk)
          device.add("a")
          yield* client.watch("*").pipe(Stream.runDrain, Effect.forkScoped(immediately))
          device.instead = (asked) => {
            if (asked.name !== "sensor-sampling") return undefined
            device.instead = () => undefined
            const replace = () => device.add("a", otherwise ? "doc m float" : undefined, "warn 2")
            if (when === "before its strategy was set") replace()
            const own = device.own(asked)
            if (when !== "before its strategy was set") replace()
            return { answer: [...own.slice(0, -1), "#interface-changed sensor a modified", ...own.slice(-1)] }
          }
          yield* pass()
          yield* rest
          yield* client.synced
          assert.deepStrictEqual(device.set, { a: "event" })
          const { definition, reading } = client.device.sensors.get("a")!
          assert.deepStrictEqual([reading.status, reading.value], ["warn", 2])
          assert.strictEqual(definition.units, otherwise ? "m" : "")
        })
      )

  it.effect(
    "stays sampled if only its ranges differ, and not if it has no consumers any more",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      device.add("a")
      const scope = yield* Scope.make()
      yield* Scope.provide(client.mirror("a"), scope)
      yield* client.synced
      yield* pass()
      // the device keeps the strategy, and is slow to take it back
      device.instead = ({ name }) => (name === "sensor-sampling" ? { answer: undefined } : undefined)
      yield* Scope.close(scope, Exit.void)
      yield* pass()
      device.sensors.set("a", { description: "doc m integer 1 2", reading: "nominal 1" })
      // somebody wants to know of any sensor, and nobody wants this one
      yield* client.mirror("b*")
      yield* device.send("#interface-changed sensor a modified")
      yield* pass("19 seconds")
      device.instead = () => undefined
      yield* pass("10 seconds")
      yield* rest
      yield* client.synced
      assert.deepStrictEqual(device.set, {})
      assert.deepStrictEqual(client.device.sensors.names, [])
    })
  )

  it.effect(
    "in a burst above the limit for queries by name is subscribed again like any other",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      for (let index = 0; index < 300; index++) device.add(`s${index}`)
      yield* client.mirror("*")
      yield* client.synced
      yield* pass()
      for (let index = 0; index < 300; index++) {
        device.add(`s${index}`, undefined, "nominal 5")
        yield* device.send(`#interface-changed sensor s${index} modified`)
      }
      yield* rest
      yield* client.synced
      assert.strictEqual(Object.keys(device.set).length, 300)
      assert.isTrue(client.device.sensors.values.every(({ value }) => value === 5))
    })
  )
})
