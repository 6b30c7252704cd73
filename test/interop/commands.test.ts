/** The command `katcp`, as it is built, against the example device on both Python libraries, at version 5.1 and 4. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Schema from "effect/Schema"
import { ContractDescription, fromDescription } from "katcp/Interface"
import { afterAll, assert, it } from "vitest"
import { katcp, start } from "../Cli/katcp.ts"
import { describePeer, startPythonDevice } from "./peers.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))

const facts = {
  aio: { library: "aiokatcp", protocol: "5.1-BIM", id: "\\[\\d+\\]", versions: "aiokatcp-2.3 (aiokatcp-2.3.0)" },
  kp: { library: "katcp", protocol: "5.1-BIMT", id: "\\[\\d+\\]", versions: "katcp-python-0.9.3" },
  kp4: { library: "katcp", protocol: "4.0", id: "", versions: "example-implementation-0.1" }
} as const

const sensors = [
  ...["add.result float", "eval.result string", "fruit.result discrete", "test.address address", "test.bool boolean"],
  ...["test.discrete discrete", "test.float float", "test.int integer", "test.lru lru", "test.string string"],
  ...["test.timestamp timestamp", "time.result timestamp"]
]

/** Seconds since 1970. */
const now = () => (performance.timeOrigin + performance.now()) / 1000

const json = (out: string): ReadonlyArray<Record<string, unknown>> =>
  out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))

/** Standard input is at its end: none of these commands reads it. */
const run = (...args: ReadonlyArray<string>) => katcp(args)

for (const kind of ["aio", "kp", "kp4"] as const) {
  const { id, library, protocol, versions } = facts[kind]
  describePeer(library, `katcp against ${library} at ${protocol}`, () => {
    const device = async (port?: number) => {
      const { host, kill, port: at } = await startPythonDevice(kind, port)
      return { address: `${host}:${at}`, port: at, kill }
    }
    /** A pattern of lines: `#` and `!` names stand with the id, where the device has ids. */
    const lines = (text: string) => new RegExp(`^${text.replace(/([#!])([a-z-]+)/g, `$1$2${id}`)}\n$`)

    it("call: informs and reply, ok, fail and invalid, escapes, many requests, several devices (C-101, C-104)", async () => {
      const { address } = await device()
      const ok = await run("call", address, "add", "1.5", "2")
      assert.match(ok.out, lines("!add ok 3\\.5"))
      assert.deepStrictEqual([ok.code, ok.err], [0, ""])
      // the device may not have noticed yet that the client before has gone
      const alone = lines("#client-list 127.*:\\d+\n!client-list ok 1")
      while (!alone.test((await run("call", address, "client-list")).out));
      const failed = await run("call", address, "raise", "no brakes")
      assert.match(failed.out, lines('!raise fail ".*no brakes.*"'))
      assert.deepStrictEqual([failed.code, failed.err], [1, ""])
      const unknown = await run("call", address, "wachdog")
      assert.match(unknown.out, lines('!wachdog invalid ".*nknown request.*"'))
      assert.deepStrictEqual([unknown.code, unknown.err], [1, "katcp: there is no ?wachdog; did you mean watchdog?\n"])
      const raw = await run("call", "--raw", address, "echo", "a\\_b", "\\@", "\\\\")
      assert.match(raw.out, lines("!echo ok a\\\\_b \\\\@ \\\\\\\\"))
      const many = await katcp(["call", address, "-"], "add 1 2\n?echo x\\_y\n\nadd 1\nwatchdog\n")
      assert.match(many.out, lines('!add ok 3\\.0\n!echo ok "x y"\n!add fail ".*"\n!watchdog ok'))
      assert.strictEqual(many.code, 1, "the worst of them")
      const each = await run("call", "--each", `${address},127.0.0.1:1`, "watchdog")
      assert.match(each.out, lines(`${address} !watchdog ok`))
      assert.deepStrictEqual([each.code, each.err.includes("cannot connect to 127.0.0.1:1")], [2, true])
    })

    it("list, get, info and help: the items of the device", async () => {
      const { address } = await device()
      const listed = await run("list", address)
      assert.match(listed.out, /^sensor +type +value +units +status +age$/m)
      assert.match(listed.out, /^test\.float +float +0\.0 +m\/s +nominal +[\d.]+ (?:s|min)$/m)
      assert.match(listed.out, /^test\.address +address +127\.0\.0\.1:5000 +nominal +[\d.]+ (?:s|min)$/m)
      assert.strictEqual(listed.code, 0)
      const all = json((await run("list", address, "--json")).out)
      assert.deepStrictEqual(
        all.map(({ name, type }) => `${name} ${type}`),
        sensors
      )
      const [one] = json((await run("list", address, "test.i*", "--json")).out)
      const { received, timestamp, ...whole } = one!
      assert.deepStrictEqual(whole, {
        device: address,
        name: "test.int",
        type: "integer",
        units: "count",
        value: 0,
        status: "nominal",
        code: 1,
        doc: "An integer."
      })
      assert.isBelow(Math.abs(Number(timestamp) - now()), 3600, "seconds, whatever the version has")
      assert.isBelow(Math.abs(Number(received) - now()), 3600)
      const some = json((await run("list", address, "/bool$/", "*.result", "--json")).out)
      assert.strictEqual(some.length, 5)

      await run("call", address, "set-sensor", "test.discrete", "three", "warn")
      assert.match((await run("get", address, "test.discrete", "test.int")).out, /^test\.discrete +three +warn$/m)
      assert.strictEqual((await run("get", "--value", address, "test.discrete")).out, "three\n")
      const none = await run("get", address, "tst.int")
      const text = `katcp: ${address} has no sensor tst.int; did you mean test.int?\n`
      assert.deepStrictEqual(none, { code: 1, out: "", err: text })

      const told = async (): Promise<string> => {
        const { code, out } = await run("info", address)
        assert.deepStrictEqual([code, out.includes(versions)], [0, true])
        return out
      }
      // the device may not have noticed yet that the client before has gone
      while (!/^clients +1: 127.0.0.1:\d+$/m.test(await told()));
      const [info] = json((await run("info", address, "--json")).out)
      assert.deepInclude(info!, { protocol, sensors: 12 })

      const help = await run("help", address)
      assert.match(help.out, /^add +Add two numbers \(\?add x y\)\.$/m)
      assert.match((await run("help", address, "?add")).out, /^Add two numbers/)
      assert.strictEqual((await run("help", address, "wachdog")).code, 1)
    })

    it("monitor and wait: readings as they arrive, until one fulfils the condition (C-105)", async () => {
      const { address } = await device()
      const two = await run("monitor", address, "test.int", "test.bool", "--count", "2")
      assert.deepStrictEqual([two.code, two.err], [0, ""])
      assert.match(two.out, /^\d{4}-\d\d-\d\d [\d:.]+(?:Z|[+-]\d\d:\d\d) test\.int 0 count nominal/m)
      const monitor = start(["monitor", address, "test.*", "--json"])
      await monitor.until(({ out }) => out.includes('"test.timestamp"'))
      const wait = start(["wait", address, "test.int", "> 40"])
      const later = start(["wait", address, "test.int", "status", "warn,error"])
      await run("call", address, "set-sensor", "test.int", "42")
      assert.deepStrictEqual(await wait.ended, { code: 0, out: "test.int 42 nominal\n", err: "" })
      await run("call", address, "set-sensor", "test.int", "43", "error")
      assert.deepStrictEqual(await later.ended, { code: 0, out: "test.int 43 error\n", err: "" })
      await monitor.until(({ out }) => out.includes('"value":43'))
      monitor.child.kill("SIGINT")
      const { code, err, out } = await monitor.ended
      assert.deepStrictEqual([code, err], [130, ""])
      const changes = json(out).filter(({ name }) => name === "test.int")
      assert.deepStrictEqual(
        changes.map(({ status, value }) => [value, status]),
        [
          [0, "nominal"],
          [42, "nominal"],
          [43, "error"]
        ]
      )
      const late = await run("wait", address, "test.int", "7", "--timeout", "200ms")
      assert.deepStrictEqual([late.code, late.err.includes("was not = 7 within 0.2 s")], [1, true])
    })

    it("monitor and log: continue when the device is killed and comes back (C-102)", async () => {
      const { address, kill, port } = await device()
      const monitor = start(["monitor", address, "test.int", "--json"])
      const log = start(["log", address, "--level", "error", "--json"])
      await monitor.until(({ out }) => out.includes('"nominal"'))
      // the first records may come before the log is read
      const told = async (text: string) => {
        let there = false
        const seen = log
          .until(({ out }) => out.includes(text))
          .then(() => {
            there = true
          })
        while (!there) await run("call", address, "write-log", "error", text)
        await seen
      }
      await told("before")
      await kill()
      await monitor.until(({ out }) => out.includes('"event":"disconnected"') && out.includes('"unreachable"'))
      await log.until(({ out }) => out.includes('"event":"disconnected"'))
      await device(port)
      await monitor.until(({ out }) => /"event":"connected"[\s\S]*"status":"nominal"/.test(out))
      await told("after")
      await run("call", address, "write-log", "warn", "a warning")
      await told("the end")
      for (const command of [monitor, log]) {
        command.child.kill("SIGINT")
        assert.strictEqual((await command.ended).code, 130)
      }
      const records = json((await log.ended).out).filter(({ event }) => event === undefined)
      assert.isTrue(records.every(({ level }) => level === "error"))
      const [{ timestamp } = {}] = records
      assert.isBelow(Math.abs(Number(timestamp) - now()), 3600, "seconds, whatever the version has")
    })

    it("log --set-level: the device reports from there on (C-102)", async () => {
      const { address } = await device()
      const log = start(["log", address, "--set-level", "info"])
      let there = false
      const seen = log
        .until(({ out }) => /info .*an info/.test(out))
        .then(() => {
          there = true
        })
      while (!there) await run("call", address, "write-log", "info", "an info")
      await seen
      log.child.kill("SIGINT")
      await log.ended
      assert.match((await run("call", address, "log-level")).out, lines("!log-level ok info"))
    })

    it("contract and simulate --copy: a device with the same requests, sensors and readings", async () => {
      const { address } = await device()
      await run("call", address, "set-sensor", "test.discrete", "two")
      const { code, out } = await run("contract", address)
      assert.strictEqual(code, 0)
      const description = Schema.decodeSync(Schema.fromJsonString(ContractDescription))(out)
      const types = [...fromDescription(description).sensorTypes.values()]
      assert.deepStrictEqual(
        types.map(({ name, type }) => `${name} ${type.sensorType}`),
        sensors
      )
      const file = path.join(folder, `${kind}.json`)
      writeFileSync(file, out)
      assert.deepStrictEqual(await run("contract", "diff", file, address), { code: 0, out: "", err: "" })

      const answers = ["--answer", "add=ok 42.0", "--answer", "sleep=fail the brakes are on"]
      const copy = start(["simulate", "--copy", address, "--listen", "0", "--move", "test.int=ramp 5 6 1", ...answers])
      let at = ""
      await copy.until(({ err }) => (at = /sensors at (\S+)/.exec(err)?.[1] ?? "") !== "")
      const described = async (host: string) =>
        json((await run("list", host, "--json")).out).map(({ name, type, units }) => [name, type, units])
      // katcp-python lists an address at version 4, which has none (P-315)
      const typed = (type: unknown) => (kind === "kp4" && type === "address" ? "string" : type)
      assert.deepStrictEqual(
        await described(at),
        (await described(address)).map(([name, type, units]) => [name, typed(type), units])
      )
      assert.strictEqual((await run("get", "--value", at, "test.discrete")).out, "two\n")
      assert.strictEqual((await run("wait", at, "test.int", ">= 5", "-t", "15s")).code, 0)
      assert.match((await run("call", at, "add", "1", "2")).out, lines("!add ok 42\\.0"))
      assert.match((await run("call", at, "sleep", "1")).out, lines('!sleep fail "the brakes are on"'))
      assert.match((await run("help", at, "pick-fruit")).out, /^Pick a random fruit/)
      copy.child.kill("SIGINT")
      assert.strictEqual((await copy.ended).code, 130)
    })

    it("tap: all messages, without an effect on the client", async () => {
      const { address } = await device()
      const tap = start(["tap", "0", address])
      let at = ""
      await tap.until(({ err }) => (at = /clients of (\S+) reach/.exec(err)?.[1] ?? "") !== "")
      assert.match((await run("call", at, "add", "1", "2")).out, lines("!add ok 3\\.0"))
      await tap.until(({ out }) => out.includes("closed"))
      tap.child.kill("SIGINT")
      const { out } = await tap.ended
      const said = new RegExp(`1 < #version[\\s\\S]*1 > \\?add${id} 1 2\n.* 1 < !add${id} ok 3\\.0\n[\\s\\S]*closed`)
      assert.match(out, said)
    })
  })
}
