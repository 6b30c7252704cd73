/** The recorded sessions against our example device. */
import { describe, expect, it } from "vitest"
import { departures } from "./departures.ts"
import { agrees, depart, lines, replay, sessions } from "./golden.ts"
import { startOurDevice } from "./peers.ts"
import { Wire } from "./wire.ts"

const ours = (session: string): ReadonlyArray<string> =>
  departures
    .filter((departure) => departure.sessions.includes(session))
    .reduce((result, departure) => depart(result, departure) ?? result, lines(session))

describe("recorded sessions against our device", () => {
  for (const session of sessions) {
    it(session, async () => {
      const device = await startOurDevice(session.startsWith("kp4-") ? 4 : 5)
      await replay(ours(session), device)
      // after ?restart it serves again on the same port (P-105)
      if (session.endsWith("-restart")) await (await Wire.open(device.host, device.port)).close()
      expect(await (session.endsWith("-halt") ? device.ended : device.stop())).toBe(0)
    })
  }
})

describe("departures", () => {
  it("cite a row of the requirements", () => {
    for (const { rows } of departures) expect(rows).toMatch(/^([PQ]-\d+)(, [PQ]-\d+)*$/)
  })

  it("are each needed in each session that they name", () => {
    for (const { golden, ours: line, sessions: named, why } of departures) {
      expect(named).not.toEqual([])
      for (const session of named) {
        const found = depart(lines(session), { golden, ours: line, rows: "", sessions: named, why })
        expect(found, `${session}: ${why}`).toBeDefined()
      }
      const replaced =
        golden.length === line.length && golden.every((text, i) => text === line[i] || same(text, line[i]!))
      expect(replaced, `${golden.join(" / ")} agrees anyhow`).toBe(false)
    }
  })
})

/** `true` if two lines of a session are one line to the replayer. */
const same = (golden: string, line: string): boolean =>
  golden[0] === line[0] && agrees(golden.slice(2), line.slice(2), [])

describe("the comparison", () => {
  const us = ["127.0.0.1:1", "127.0.0.1:2"]

  it("ignores texts, clock times, client addresses and library versions", () => {
    for (const [golden, actual] of [
      ["!add fail too\\_many", "!add fail another\\_text"],
      ["#log error 1795187129.98 root text", "#log error 1800000001.5 example other"],
      ["#sensor-value 1795187141.977330 1 a nominal 0.0", "#sensor-value 1800000001.5 1 a nominal 0.0"],
      ["#sensor-value 1500000000.000000 1 a nominal 0.0", "#sensor-value 1500000000.0 1 a nominal 0.0"],
      ["#client-list 127.0.0.1:44700", "#client-list 127.0.0.1:1"],
      ["#version-connect katcp-library aiokatcp-2.3 aiokatcp-2.3.0", "#version-connect katcp-library a b"],
      ["#version-connect katcp-protocol 5.1-MIB", "#version-connect katcp-protocol 5.1-BIM"],
      ["!pick-fruit[8] ok apple", "!pick-fruit[8] fail No\\_fruit."],
      ["!sensor-sampling ok a event-rate 0.3 1", "!sensor-sampling ok a event-rate 0.3 1.0"]
    ] as const)
      expect(agrees(golden, actual, us), actual).toBe(true)
  })

  it("refuses another kind, name, id, code, count, order or value", () => {
    for (const [golden, actual] of [
      ["!add ok 3.0", "#add ok 3.0"],
      ["!add ok 3.0", "!sub ok 3.0"],
      ["!add[3] ok 3.0", "!add[4] ok 3.0"],
      ["!add ok 3.0", "!add[4] ok 3.0"],
      ["!add fail text", "!add invalid text"],
      ["!add fail text", "!add fail"],
      ["!add fail text", "!add fail \\@"],
      ["!add fail text", "!add fail text more"],
      ["!help ok 21", "!help ok 22"],
      ["!raw-reverse b a", "!raw-reverse a b"],
      ["!sensor-sampling ok a event-rate 0.3 1", "!sensor-sampling ok a event-rate 1 0.3"],
      ["!sensor-sampling ok a period 1", "!sensor-sampling ok a auto"],
      ["!sensor-sampling ok 1 event", "!sensor-sampling ok 1.0 event"],
      ["#sensor-value 1795187141.977330 1 a nominal 0.0", "#sensor-value 1795187141977 1 a nominal 0.0"],
      ["#sensor-value 1795187141977 1 a nominal 0.0", "#sensor-value 1795187141.977 1 a nominal 0.0"],
      ["#sensor-value 1500000000.0 1 a nominal 0.0", "#sensor-value 1500000000.5 1 a nominal 0.0"],
      ["#sensor-value 1500000000.0 1 a nominal 0.0", "#sensor-value 1500000000.0 1 a nominal 0"],
      ["#client-list 127.0.0.1:44700", "#client-list 127.0.0.1:3"],
      ["#client-connected 127.0.0.1:44700", "#client-connected 127.0.0.1:1"],
      ["#version-connect katcp-protocol 5.1-MIB", "#version-connect katcp-protocol 5.1-MIT"],
      ["#log error 1795187129.98 root text", "#log warn 1795187129.98 root text"],
      ["#log error 1795187129.98 root text", "#log error 1795187129.98 root"],
      ["", "#disconnect bye"]
    ] as const)
      expect(agrees(golden, actual, us), actual).toBe(false)
  })
})
