import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Message, Sensor, Server } from "katcp"
import { Dialect, Parser } from "katcp/Codec"
import { say, start } from "./harness.ts"

const count = 150_000
const options = Array.from({ length: count }, (_, n) => `o${n}`)
class Lab extends Interface.make("lab").add(Sensor.make("many", { type: Arg.DiscreteOf(options) })) {}

describe("a discrete sensor with 150,000 options (P-423)", () => {
  it.effect(
    "is served, and its description is read with all of them",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(Server.layer(Lab).pipe(Layer.provide(Lab.toLayer({}))), { limit: 1e8 })
      const client = yield* connect
      yield* client.settle
      yield* say(client, "?sensor-list many")
      const [line, reply] = yield* client.settle
      assert.strictEqual(reply, "!sensor-list ok 1")
      const [inform] = new Parser({ maxArguments: 1_000_000 }).push(new TextEncoder().encode(`${line}\n`))
      assert(Message.isMessage(inform))
      const sensor = Sensor.parseDescription(inform, Dialect.v5)
      assert(!(sensor instanceof Arg.Invalid))
      assert.deepStrictEqual(sensor.type.parameters, options)
    })
  )

  it("is described as data, made from it again, and written as TypeScript", () => {
    const description = Interface.describe(Lab)
    const again = Interface.fromDescription(description)
    assert.deepStrictEqual(Interface.describe(again), description)
    const source = Interface.toTypeScript(description)
    assert.include(source, "Arg.DiscreteOf([")
    assert.include(source, '"o149999"')
  })

  it("is compared with one that has other options", () => {
    const before = Interface.describe(Lab)
    const after = Interface.describe(
      Interface.make("lab").add(Sensor.make("many", { type: Arg.DiscreteOf([...options, "more"]) }))
    )
    assert.isAbove(Interface.compare(before, after).length, 0)
  })

  it("can be made from descriptions in any case, and as a union", () => {
    const any = Arg.fromDescription({ kind: "discrete-any-case", options })
    assert.strictEqual(any.parameters.length, count)
  })
})
