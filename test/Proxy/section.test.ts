import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Arg, Sensor } from "katcp"
import { Proxy } from "katcp/Proxy"
import { assert, describe, it } from "vitest"

const read = (data: unknown) => Schema.decodeUnknownResult(Proxy.ProxySection)(data)

describe("the section proxy of a site file", () => {
  it("configures the options of a proxy", () => {
    const section = Result.getOrThrow(
      read({
        listen: 7148,
        allow: ["m000/track"],
        withhold: ["*/login"],
        protocol: "4",
        sensors: [
          { match: "m000/*", as: "{sensor}", units: "C" },
          { match: "*", as: false }
        ]
      })
    )
    const { requests, sensors, server } = Proxy.optionsOf(section)
    assert.isTrue(requests!.permits("m000", "track"))
    assert.isFalse(requests!.permits("m001", "track"))
    assert.deepStrictEqual(
      ["login", "track"].map((request) => requests!.withholds!("m000", request)),
      [true, false]
    )
    assert.strictEqual(String(server!.protocol), "4.0-M")
    const definition = Sensor.make("x", { type: Arg.Float })
    assert.deepStrictEqual(sensors![0]!.rewrite!(definition, "m000"), { doc: undefined, units: "C" })
    assert.deepStrictEqual(
      sensors!.map(({ as }) => as),
      ["{sensor}", false]
    )
  })

  for (const [data, wanted] of [
    [{ listen: "0.0.0.0:7148" }, "0.0.0.0 can be reached from other machines"],
    [{ listen: "nowhere" }, "expected an address to listen on"],
    [{ listen: 1, protocol: "6.0" }, "expected a version of the protocol: 4.0, 5.0 or 5.1"],
    [{ listen: 1, allow: ["/(/"] }, "is not a regular expression"],
    [{ listen: 1, withhold: ["login"] }, '"login" names no request: write DEVICE/REQUEST']
  ] as const)
    it(`refuses ${JSON.stringify(data)}`, () => {
      const result = read(data)
      assert.isTrue(Result.isFailure(result))
      if (Result.isFailure(result)) assert.include(String(result.failure), wanted)
    })

  it("accepts another address than loopback only with access rules, or if it is insecure", () => {
    for (const more of [{ insecure: true }, { access: [{ role: "read" }] }])
      assert.isTrue(Result.isSuccess(read({ listen: "0.0.0.0:7148", ...more })))
  })
})
