/** Commands on a device that fails without a reason, has odd readings, and logs. */
import { existsSync, mkdtempSync, readFileSync, renameSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { scheduler } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import { bareDevice } from "./bareDevice.ts"
import { inTime, katcp, start } from "./katcp.ts"
import { badDevice } from "./servers.ts"

const odd = () =>
  bareDevice((socket, name, id, [sensor]) => {
    const readings = [`1408023484123 1 t unreachable x`, `1.0 1 f unknown 3`]
    const wanted = readings.filter((text) => sensor === undefined || text.split(" ")[2] === sensor)
    switch (name) {
      case "stow":
        socket.write("#log info 1 a harmless\n#log error 1 drive brake\\_stuck\n")
        return socket.write(`!stow${id} fail\n`)
      case "track":
        return socket.write(`#log error 1 drive brake\\_stuck\n!track${id} fail too\\_low\n`)
      case "log-level":
        return socket.write(`!log-level${id} ok warn\n`)
      case "sensor-list":
        socket.write(`#sensor-list${id} t t \\@ string\n#sensor-list${id} f t \\@ integer\n`)
        return socket.write(`!sensor-list${id} ok 2\n`)
      case "sensor-value":
        for (const text of wanted) socket.write(`#sensor-value${id} ${text}\n`)
        return socket.write(`!sensor-value${id} ok ${wanted.length}\n`)
      case "sensor-sampling":
        for (const text of wanted) socket.write(`#sensor-status ${text}\n`)
        return socket.write(`!sensor-sampling${id} ok ${sensor} event\n`)
      default:
        return socket.write(`!${name}${id} invalid unknown\n`)
    }
  })

describe("call", () => {
  it("shows log records as possible reasons only for a failure without a reason", async () => {
    const { address } = await odd()
    const stow = await katcp(["call", address, "stow"])
    assert.deepStrictEqual(
      [stow.code, stow.out, stow.err],
      [1, "!stow[1] fail\n", "katcp: a possible reason: error of drive: brake stuck\n"]
    )
    const track = await katcp(["call", address, "track"])
    assert.deepStrictEqual([track.code, track.err], [1, ""])
  })

  it("shows asynchronous informs with --informs (B-163)", async () => {
    const { address } = await odd()
    const { out } = await katcp(["call", "--informs", address, "stow"])
    assert.include(out, "#log info 1 a harmless\n")
  })
})

describe("get --value", () => {
  it("exits with 1 and names the status if the value is not valid; --any prints it", async () => {
    const { address } = await odd()
    const refused = await katcp(["get", "--value", address, "t"])
    assert.deepStrictEqual([refused.code, refused.out], [1, ""])
    assert.match(refused.err, /^katcp: t of .* is unreachable, .*--any.*\n$/)
    const any = await katcp(["get", "--value", "--any", address, "t"])
    assert.deepStrictEqual([any.code, any.out], [0, "x\n"])
  })
})

describe("wait", () => {
  it("reports the actual status", async () => {
    const { address } = await odd()
    const { code, err } = await inTime(
      (milliseconds) => katcp(["wait", address, "f", "5", "-t", `${milliseconds}ms`]),
      ({ err }) => err.includes("its status")
    )
    assert.strictEqual(code, 1)
    assert.match(err, /its status was unknown, so its value was not valid\n$/)
  })
})

describe("monitor", () => {
  it("without a pattern shows all sensors, and distant times in full", async () => {
    const { address } = await odd()
    const { code, out } = await katcp(["monitor", address, "--count", "2", "--utc"])
    assert.strictEqual(code, 0)
    assert.match(out, /^\+046588-06-27 02:28:43\.000Z \(in \d+ y\) t x unreachable$/m)
    assert.match(out, /^1970-01-01 00:00:01\.000Z f 3 unknown \(received \d+ y later\)$/m)
  })
})

describe("log --output", () => {
  it("appends to a file, and to a new one after SIGHUP (C-102)", async () => {
    const { address, sockets } = await odd()
    const file = path.join(mkdtempSync(path.join(tmpdir(), "katcp-")), "device.log")
    const log = start(["log", address, "--output", file, "--level", "warn", "--utc"])
    await log.until(({ err }) => err.includes("reports from warn on"))
    const contentOf = (at: string) => (existsSync(at) ? readFileSync(at, "utf8") : "")
    const sayUntil = async (text: string, isThere: () => boolean) => {
      while (!isThere()) {
        for (const socket of sockets) socket.write(`#log info 1 a quiet\n#log error 1 a ${text}\n`)
        await scheduler.wait(10)
      }
    }
    await sayUntil("one", () => contentOf(file).includes("one"))
    renameSync(file, `${file}.1`)
    log.child.kill("SIGHUP")
    await sayUntil("two", () => contentOf(file).includes("two"))
    log.child.kill("SIGINT")
    const { out } = await log.ended
    assert.strictEqual(out, "")
    assert.match(readFileSync(`${file}.1`, "utf8"), /^1970-01-01 00:00:01\.000Z error a: one\n/)
  })

  it("gives up after the given number of attempts (C-102)", async () => {
    const { address, close } = await odd()
    const log = start(["log", address, "--attempts", "1", "--reconnect-max", "0.1"])
    await log.until(({ err }) => err.includes("reports from warn on"))
    close()
    const { code, err } = await log.ended
    assert.strictEqual(code, 2, err)
  })
})

describe("log --module", () => {
  it("shows only records of these names: names, globs and regular expressions (C-102)", async () => {
    const { address, sockets } = await odd()
    const log = start(["log", address, "--module", "drive", "--module", "rx.*", "-m", "/temp$/"])
    await log.until(({ err }) => err.includes("reports from warn on"))
    // the first ones may come before the log is read
    const shown = log.until(({ out }) => out.includes("tx.temp: ")).then(() => true)
    while (!(await Promise.race([shown, say()])));
    log.child.kill("SIGINT")
    const { out } = await log.ended
    const names = new Set([...out.matchAll(/ error (\S+): /g)].map(([, name]) => name))
    assert.deepStrictEqual([...names].sort(), ["drive", "rx.0.lna", "tx.temp"])

    async function say() {
      for (const socket of sockets)
        for (const name of ["drive", "drives", "rx", "rx.0.lna", "tx.temp", "tx.temps"])
          socket.write(`#log error 1 ${name} end\n`)
      await scheduler.wait(10)
      return false
    }
  })

  it("reports an invalid regular expression", async () => {
    const { code, err } = await katcp(["log", "127.0.0.1:1", "--module", "/(/"])
    assert.strictEqual(code, 2)
    assert.match(err, /^katcp: \/\(\/ is not a regular expression: .*\n$/)
  })
})

describe("--alive", () => {
  it("limits the silence of a device: ?watchdog is sent, then the device is given up with the reason (P-416)", async () => {
    const asked: Array<string> = []
    const address = await badDevice((_, head) => asked.push(head))
    const log = start(["log", address, "--alive", "0.2", "--reconnect-max", "0.1"])
    await log.until(({ err }) => err.includes("the device is silent"))
    assert.isTrue(asked.some((head) => head.startsWith("watchdog")))
    log.child.kill("SIGINT")
    const { err } = await log.ended
    const [, seconds] = /nothing received for (\d+) s, and no answer to \?watchdog/.exec(err) ?? []
    // by default it is 30
    assert.isBelow(Number(seconds), 30)
  })
})
