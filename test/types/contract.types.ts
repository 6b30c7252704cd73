/** Code that the types of contracts as data accept, and code that they refuse. Checked by the compiler alone. */
import { expectTypeOf } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  Arg,
  Client,
  Interface,
  type KatcpError,
  Request,
  type RequestFailed,
  type RequestInvalid,
  Sensor
} from "katcp"

class Dish extends Interface.make("dish").add(
  Request.make("point", { doc: "Point.", args: { az: Arg.Float } }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })
) {}

/** Every contract can be described and checked, also one without items. */
export const described = (document: Interface.ContractDescription) => {
  expectTypeOf(Interface.describe(Dish)).toEqualTypeOf<Interface.ContractDescription>()
  Interface.describe(Interface.make("bare"))
  expectTypeOf(Interface.check(Dish, document)).toEqualTypeOf<ReadonlyArray<Interface.Change>>()
  Interface.check(Interface.make("bare"), document)
  // @ts-expect-error a document is not a contract
  Interface.check(document, document)
  // @ts-expect-error a contract is not a document
  Interface.compare(Dish, document)
}

/** A document is what its Schema says, and plain JSON. */
export const plain = () => {
  expectTypeOf<Interface.ContractDescription>().toExtend<typeof Interface.ContractDescription.Encoded>()
  expectTypeOf<Interface.ContractDescription["requests"][number]>().toEqualTypeOf<Interface.RequestDescription>()
  expectTypeOf<Interface.ContractDescription["sensors"][number]>().toEqualTypeOf<Interface.SensorDescription>()
  // @ts-expect-error no such kind
  const kind: Arg.TypeDescription = { kind: "complex" }
  // @ts-expect-error text has no bounds
  const bounded: Arg.TypeDescription = { kind: "string", minimum: 0 }
  return [kind, bounded]
}

/** A contract that is made of a document serves and calls, its names and values of any kind. */
export const untyped = (document: Interface.ContractDescription) => {
  const contract = Interface.fromDescription(document)
  contract.toLayer({ point: () => Effect.succeed({ eta: 1 }) })
  return Effect.gen(function* () {
    const client = yield* Client.make(contract)
    const answer = yield* client.request.point!({ az: 1 })
    expectTypeOf(answer.informs).toExtend<ReadonlyArray<unknown>>()
    return client
  })
}

/** An import takes any client, and fails as requests do. */
export const imported = (client: Client.Client<never, never>) => {
  expectTypeOf(Client.importContract(client)).toEqualTypeOf<
    Effect.Effect<Interface.ContractDescription, RequestFailed | RequestInvalid | KatcpError>
  >()
  // @ts-expect-error no such form of help
  const none = Client.importContract(client, { help: "none" })
  return [none, Effect.flatMap(Client.make(Dish), (dish) => Client.importContract(dish))]
}

/** Many sensors are not work for the compiler: each is looked at once. */
export const sensorsOf = () => {
  type Sensors = Interface.SensorsOf<Sensor.Sensor<"a", number> | Sensor.Sensor<"b", "x" | "y">>
  expectTypeOf<Sensors>().toEqualTypeOf<{
    readonly a: Sensor.LiveSensor<number>
    readonly b: Sensor.LiveSensor<"x" | "y">
  }>()
}
