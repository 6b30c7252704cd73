/** Many sensors with large values. */
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, type Client, Sampling } from "katcp"
import { fake } from "./fake.ts"
import { pass } from "./site.ts"

describe("3,000 sensors with values of 60 kB", () => {
  it.effect(
    "become unreachable without a copy of a value (katsdpcontroller 2024-10)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* fake()
      for (let index = 0; index < 3000; index++) device.add(`large.${index}`, "doc \\@ string", "nominal x")
      // the values are put in place of those of the wire, which would take the time of the test
      const sensors = yield* client.mirror("*", Sampling.Strategy.none)
      yield* client.synced
      const text = "0123456789".repeat(6000)
      for (const [index, sensor] of sensors.values.entries()) {
        const reading: Client.RemoteReading<unknown> = {
          timestamp: 1,
          status: "nominal",
          value: `${index} ${text}`,
          received: 1
        }
        sensor.receive(reading)
      }
      const values = sensors.values.map(({ value }) => value)
      const encode = vi.spyOn(Arg.Text, "encode")
      const decode = vi.spyOn(Arg.Text, "decode")
      const heap = process.memoryUsage().heapUsed
      yield* device.connection!.reset
      yield* pass()
      assert.isFalse(client.isConnected)
      // a copy of all of them would be 180 MB
      assert.isBelow(process.memoryUsage().heapUsed - heap, 20_000_000)
      assert.strictEqual(encode.mock.calls.length + decode.mock.calls.length, 0)
      encode.mockRestore()
      decode.mockRestore()
      for (const [index, { reading }] of sensors.values.entries()) {
        assert.strictEqual(reading.status, "unreachable")
        assert.isTrue(reading.value === values[index])
      }
    })
  )
})
