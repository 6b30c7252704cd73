import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Arg, Client } from "katcp"
import { connect, hello4, hello5 } from "../connect.ts"

describe("typed handlers of informs (A-201)", () => {
  for (const [hello, time] of [
    [hello5, "1.5"],
    [hello4, "1500"]
  ] as const)
    it.effect(
      `get the arguments by name, as the device speaks (${time})`,
      Effect.fnUntraced(function* () {
        const seen: Array<unknown> = []
        const slewed = Client.informOf(
          { at: Arg.Timestamp, az: Arg.Float, why: Arg.optional(Arg.Text) },
          (values, message) => seen.push({ ...values, name: message.name })
        )
        const { client, device } = yield* connect({ onInform: { slewed } }, hello)
        const scope = yield* Scope.make()
        yield* Scope.provide(client.onInform("slewed", slewed), scope)
        const one = { at: 1.5, az: 2.25, why: "a b", name: "slewed" }
        yield* device.send(`#slewed ${time} 2.25 a\\_b\n`)
        yield* device.settle
        assert.deepStrictEqual(seen.splice(0), [one, one])
        yield* Scope.close(scope, Exit.void)
        yield* device.send(`#slewed ${time} north\n#slewed\n#slewed ${time} 2.25 a\\_b\n`)
        yield* device.settle
        assert.deepStrictEqual(seen, [one])
        assert.strictEqual(client.anomalies.counts.BadInform, 2)
      })
    )
})
