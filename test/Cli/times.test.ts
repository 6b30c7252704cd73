/** Both times of readings: that of the device, and that when they came. */
import { assert, beforeAll, describe, it } from "vitest"
import { device, katcp } from "./katcp.ts"

let host = ""
beforeAll(async () => {
  host = (await device()).address
  // read long ago, and not yet
  for (const [name, time] of [
    ["test.int", 1e9],
    ["test.float", 9e9]
  ])
    assert.strictEqual((await katcp(["call", host, "set-sensor", `${name}`, "1", "nominal", `${time}`])).code, 0)
})

const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z`

describe("--times", () => {
  it("shows the time of a reading, and its time of arrival", async () => {
    const get = await katcp(["get", host, "test.int", "--times", "--utc"])
    assert.match(
      get.out,
      new RegExp(`^sensor .* time +received\ntest\\.int  1      count  nominal  ${time}  ${time}\n$`)
    )
    const list = await katcp(["list", host, "test.int", "--times", "--utc"])
    assert.match(list.out, /^sensor .* time +received$/m)
    assert.match(list.out, new RegExp(`  ${time}  ${time}\n$`))
    const monitor = await katcp(["monitor", host, "test.float", "--times", "--utc", "-n", "1"])
    assert.match(
      monitor.out,
      new RegExp(`^${time} \\(in \\d+ y\\) test\\.float 1\\.0 m/s nominal \\(received ${time}\\)\n$`)
    )
  })

  it("is not needed to mark an old reading", async () => {
    const { out } = await katcp(["monitor", host, "test.int", "--utc", "-n", "1"])
    assert.match(out, new RegExp(`^${time} test\\.int 1 count nominal \\(received \\d+ y later\\)\n$`))
  })
})
