/** The one JSON form of a reading, which all commands print. */
import { assert, describe, it } from "vitest"
import { readingJson } from "../../src/Cli/show/reading.ts"
import { Arg } from "../../src/Codec/index.ts"
import * as Sensor from "../../src/Sensor/index.ts"

const sensor = Sensor.remote("rx.temp", { doc: "", units: "K", type: Arg.Float })

describe("a reading as JSON", () => {
  it("has the device, the code of the status and both times after the older fields", () => {
    const reading = { value: 20.5, status: "warn", timestamp: 10 } as const
    assert.strictEqual(
      JSON.stringify(readingJson({ device: "m000", sensor, reading, received: 11.5 })),
      '{"name":"rx.temp","type":"float","units":"K","value":20.5,"status":"warn","timestamp":10,"device":"m000","code":2,"received":11.5}'
    )
  })

  it("numbers the statuses as the specification orders them", () => {
    const codes = Sensor.statuses.map((status) => {
      const reading = { value: 0, status, timestamp: 0 }
      return readingJson({ device: "m000", sensor, reading, received: 0 }).code
    })
    assert.deepStrictEqual(codes, [0, 1, 2, 3, 4, 5, 6])
  })

  it("leaves out a malformed reading", () => {
    assert.deepStrictEqual(readingJson({ device: "m000", sensor, reading: undefined, received: 0 }), {
      name: "rx.temp",
      type: "float",
      units: "K",
      device: "m000"
    })
  })
})
