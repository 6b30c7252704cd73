/** Devices with a contract in the site, over the HTTP API. */

import { Interface } from "katcp"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Dish, gateway, posting } from "./support.ts"

interface Details {
  readonly requests: ReadonlyArray<{ readonly name: string; readonly allowed: boolean; readonly arguments?: unknown }>
}

const described = Interface.describe(Dish)
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({
    allow: ["*/*", "m000/track"],
    contract: {
      ...described,
      requests: described.requests.map((request) =>
        request.name === "track" ? { ...request, role: "admin" as const } : request
      )
    }
  })
})
afterAll(() => served.close())

const requestOf = async (device: string, name: string) =>
  (await served.json<Details>(`/api/devices/${device}`)).requests.find((request) => request.name === name)!

describe("a device with a contract in the site", () => {
  it("has requests with typed arguments; others have none", async () => {
    assert.deepStrictEqual((await requestOf("m001", "track")).arguments, [
      { name: "az", presence: "required", type: "float" }
    ])
    assert.deepStrictEqual((await requestOf("m001", "slow")).arguments, [])
    assert.isUndefined((await requestOf("m001", "help")).arguments)
    assert.isUndefined((await requestOf("m000", "track")).arguments)
  })

  it("has the roles of its contract: no pattern with * covers a request of role admin", async () => {
    assert.isFalse((await requestOf("m001", "track")).allowed)
    assert.isTrue((await requestOf("m001", "echo")).allowed)
    assert.isTrue((await requestOf("m000", "track")).allowed)
    const { status } = await served.ask("/api/devices/m001/requests/track", posting({ args: [1] }))
    assert.strictEqual(status, 403)
  })
})
