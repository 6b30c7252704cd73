import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { device, inTime, katcp, start } from "./katcp.ts"

let host = ""
const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
const file = (name: string) => path.join(folder, name)
beforeAll(async () => {
  host = (await device()).address
})
afterAll(() => rmSync(folder, { recursive: true }))

const json = (out: string): ReadonlyArray<Record<string, unknown>> =>
  out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))

describe("katcp call", () => {
  it("prints informs and reply, and exits with the code of the reply (C-101)", async () => {
    const ok = await katcp(["call", host, "add", "1", "2.5"])
    assert.deepStrictEqual([ok.code, ok.out.replace(/\[\d+\]/, ""), ok.err], [0, "!add ok 3.5\n", ""])
    const failed = await katcp(["call", host, "add", "1", "x"])
    assert.strictEqual(failed.code, 1)
    assert.match(failed.out, /^!add\[\d+\] fail /)
    const unknown = await katcp(["call", host, "ad"])
    assert.strictEqual(unknown.code, 1)
    assert.include(unknown.err, "there is no ?ad; did you mean add")
    const help = await katcp(["call", host, "?help", "watchdog", "--json", "--id", "7"])
    assert.deepStrictEqual(
      json(help.out).map(({ id, kind, name }) => [kind, name, id]),
      [
        ["inform", "help", 7],
        ["reply", "help", 7]
      ]
    )
  })

  it("accepts escapes, many requests from standard input, and several devices (C-104)", async () => {
    const raw = await katcp(["call", "--raw", host, "echo", "a\\_b", "\\@"])
    assert.match(raw.out, /^!echo\[\d+\] ok a\\_b \\@\n$/)
    const many = await katcp(["call", host, "-"], "watchdog\n?echo x\\_y\n\n")
    assert.deepStrictEqual(many.out.replace(/\[\d+\]/g, "").split("\n"), ["!watchdog ok", '!echo ok "x y"', ""])
    const bad = await katcp(["call", host, "-"], "wat ch\\x\n")
    assert.deepStrictEqual([bad.code, bad.err.split("\n").length], [2, 2])
    const each = await katcp(["call", "--each", `${host},127.0.0.1:1`, "watchdog"])
    assert.strictEqual(each.code, 2)
    assert.include(each.out, `${host} !watchdog`)
    assert.include(each.err, "cannot connect to 127.0.0.1:1")
  })

  it("prints one value, nothing, or bytes for a script (C-101)", async () => {
    assert.deepInclude(await katcp(["call", host, "add", "1", "2", "--print", "1"]), { code: 0, out: "3.0\n", err: "" })
    const failed = await katcp(["call", host, "add", "1", "x", "--print", "1"])
    assert.deepStrictEqual([failed.code, failed.out, /^!add\[\d+\] fail /.test(failed.err)], [1, "", true])
    const missing = await katcp(["call", host, "add", "1", "2", "-p", "2"])
    assert.deepStrictEqual([missing.code, missing.out], [1, ""])
    assert.match(missing.err, /^katcp: the reply has no argument 2: !add\[\d+\] ok 3\.0\n$/)
    assert.deepInclude(await katcp(["call", "--quiet", host, "help"]), { code: 0, out: "", err: "" })
    assert.deepInclude(await katcp(["call", "-q", host, "fail-please"]), { code: 1, out: "" })
    const hex = await katcp(["call", "--hex", host, "echo", "0x00ff", "0x41", "a\tb", "0x0"])
    assert.match(hex.out, /^!echo\[\d+\] ok 0x00ff A 0x610962 0x0\n$/)
    assert.match((await katcp(["call", host, "echo", "0x00ff"])).out, /ok 0x00ff\n$/)
    assert.strictEqual((await katcp(["call", "-x", host, "echo", "0xc3", "-p", "1"])).out, "0xc3\n")
  })

  it("sends all requests of its input to several devices", async () => {
    const there = `${host},${host.replace("127.0.0.1", "localhost")}`
    const each = await katcp(["call", "--each", there, "-"], "add 1 2\nadd 3 4\n")
    assert.strictEqual(each.code, 0)
    assert.sameMembers(
      each.out
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/\[\d+\]/, "")),
      there.split(",").flatMap((name) => [`${name} !add ok 3.0`, `${name} !add ok 7.0`])
    )
  })

  it("ends when the device disconnects while it waits for input", async () => {
    const other = await device()
    const call = start(["call", other.address, "-"])
    call.child.stdin.write("add 1 2\n")
    await call.until(({ out }) => out.includes("ok 3.0"))
    other.kill()
    const { code, err } = await call.ended
    assert.deepStrictEqual([code, err.startsWith(`katcp: ${other.address}: `), err.split("\n").length], [2, true, 2])
  })

  it("takes the device from KATCP_SERVER", async () => {
    const ended = await katcp(["call", "watchdog"], "", { KATCP_SERVER: host })
    assert.strictEqual(ended.code, 0)
    assert.strictEqual((await katcp(["call", host, "watchdog"], "", { KATCP_SERVER: "127.0.0.1:1" })).code, 0)
  })

  it("says in one line what is wrong, with exit code 2", async () => {
    const http = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0)
    const silent = createServer().listen(0)
    await Promise.all([once(http, "listening"), once(silent, "listening")])
    const port = (server: typeof http) => `127.0.0.1:${(server.address() as { readonly port: number }).port}`
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["call"], "name a device"],
      [["call", host], "name a request"],
      [["call", "127.0.0.1:1", "x"], "nothing listens on that port"],
      [["call", "no-such-host.invalid", "x"], "cannot connect to no-such-host.invalid:7147"],
      [["call", "1:2:3]", "x"], "is not an address of a device"],
      [
        ["call", port(http), "x"],
        `looks like a web server: if a device is behind a WebSocket there, try ws://${port(http)}/PATH`
      ],
      [["call", host, "x", "--protocol", "nonsense"], "is not a protocol version"]
    ]
    for (const [args, wanted] of cases) {
      const ended = await katcp(args)
      assert.strictEqual(ended.code, 2, args.join(" "))
      assert.include(ended.err, wanted)
      assert.strictEqual(ended.err.trimEnd().split("\n").length, 1)
    }
    let limit = 0
    const late = await inTime(
      (milliseconds) => katcp(["call", host, "sleep", "100", "--timeout", `${(limit = milliseconds) / 1000}`]),
      ({ err }) => err.includes("?sleep"),
      50
    )
    assert.strictEqual(late.code, 2)
    assert.include(late.err, `does not answer within ${limit} ms`)
    const mute = await katcp(["call", port(silent), "x", "--timeout", "0.2"])
    assert.deepStrictEqual(
      [mute.code, mute.err.includes("does not announce its KATCP version within 200 ms")],
      [2, true]
    )
    http.close()
    silent.close()
  })

  it("says in one line what is wrong with the command line, and suggests a correction", async () => {
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["call", "--nonsense"], "there is no flag --nonsense; see katcp call --help"],
      [
        ["monitor", host, "--strateg", "event"],
        "there is no flag --strateg; did you mean --strategy? See katcp monitor --help"
      ],
      [["montior"], 'there is no command "montior"; did you mean monitor? See katcp --help'],
      [["monitor", "--strategy"], "--strategy needs a value; see katcp monitor --help"],
      [
        ["log", host, "--level", "loud"],
        "--level must be one of off, fatal, error, warn, info, debug, trace, all; see katcp log --help"
      ],
      [
        ["call", host, "x", "-t", "soon"],
        '--timeout: "soon" is not valid; expected a finite number; see katcp call --help'
      ],
      [["call", host, "x", "--id", "1", "--id", "2"], "--id is given more than once; see katcp call --help"],
      [
        ["wait", host, "x", "1", "-t", "soon"],
        '--timeout: "soon" is not a duration: write 500ms, 10s, 5min or 2h; see katcp wait --help'
      ],
      [
        ["monitor", host, "--for", "5constructor"],
        '--for: "5constructor" is not a duration: write 500ms, 10s, 5min or 2h; see katcp monitor --help'
      ]
    ]
    for (const [args, wanted] of cases)
      assert.deepStrictEqual(await katcp(args), { code: 2, out: "", err: `katcp: ${wanted}\n` })
  })
})

describe("katcp info, help, list, get", () => {
  it("show a summary of the device", async () => {
    const { code, out } = await katcp(["info", host])
    assert.strictEqual(code, 0)
    for (const part of ["5.1-BIMT", "message ids", "example-api-1.0", "clients", "requests", "sensors"])
      assert.include(out, part)
    const [info] = json((await katcp(["info", host, "--json"])).out)
    assert.strictEqual(info!.protocol, "5.1-BIMT")
    assert.isTrue(Number(info!.requests) > 10)
  })

  it("show its requests", async () => {
    assert.match((await katcp(["help", host])).out, /^add +Add two numbers/m)
    assert.strictEqual((await katcp(["help", host, "add"])).out, "Add two numbers.\nUsage: ?add x y\n")
    const [add] = json((await katcp(["help", host, "?add", "--json"])).out)
    assert.deepStrictEqual(add, { name: "add", doc: "Add two numbers.\nUsage: ?add x y" })
    const unknown = await katcp(["help", host, "wachdog"])
    assert.deepStrictEqual([unknown.code, unknown.err.includes("did you mean watchdog?")], [1, true])
  })

  it("show its sensors, by names, globs and regular expressions", async () => {
    const all = await katcp(["list", host])
    assert.match(all.out, /^sensor +type +value +units +status +age$/m)
    assert.match(all.out, /^test\.float +float +0\.0 +m\/s +nominal +/m)
    const some = json((await katcp(["list", host, "test.i*", "/bool$/", "--json"])).out)
    assert.deepStrictEqual(
      some.map(({ name, value }) => [name, value]),
      [
        ["test.bool", false],
        ["test.int", 0]
      ]
    )
    assert.strictEqual((await katcp(["list", host, "/(/"])).code, 2)
    const got = await katcp(["get", host, "test.int", "test.discrete"])
    assert.deepStrictEqual([got.code, got.out.split("\n").length], [0, 3])
    assert.strictEqual((await katcp(["get", "--value", host, "test.discrete"])).out, "one\n")
    const unknown = await katcp(["get", host, "tst.int"])
    assert.deepStrictEqual([unknown.code, unknown.err.includes("test.int")], [1, true])
  })
})

describe("katcp monitor, wait, log", () => {
  it("show readings as they arrive, across reconnections", async () => {
    const other = await device()
    const monitor = start(["monitor", other.address, "test.int", "--json"])
    await monitor.until(({ out }) => out.includes('"reading"'))
    await katcp(["call", other.address, "set-sensor", "test.int", "42"])
    await monitor.until(({ out }) => out.includes('"value":42'))
    other.kill()
    await monitor.until(({ out }) => out.includes('"unreachable"'))
    const again = await device("--port", other.address.split(":")[1]!)
    await monitor.until(({ out }) => /"connected"[\s\S]*"reading"/.test(out))
    monitor.child.kill("SIGINT")
    assert.strictEqual((await monitor.ended).code, 130)
    again.kill()
  })

  it("end after a number of readings or a time, and when the reader closes the pipe", async () => {
    const { code, out } = await katcp(["monitor", host, "test.*", "--count", "2"])
    assert.deepStrictEqual([code, out.trimEnd().split("\n").length], [0, 2])
    assert.strictEqual((await katcp(["monitor", host, "test.int", "--for", "200ms"])).code, 0)
    assert.strictEqual((await katcp(["monitor", host, "test.int", "--strategy", "sometimes"])).code, 2)
    const piped = start(["monitor", host, "*", "--strategy", "period 0.01"])
    await piped.until(({ out }) => out.includes("\n"))
    piped.child.stdout.destroy()
    assert.deepInclude(await piped.ended, { code: 0, err: "" })
  })

  it("name unknown sensors; those of a pattern may still appear", async () => {
    const { code, err } = await katcp(["monitor", host, "tst.int", "--for", "100ms"])
    assert.deepStrictEqual([code, err], [1, `katcp: ${host} has no sensor tst.int; did you mean test.int?\n`])
    const pattern = await katcp(["monitor", host, "nothing.*", "--for", "100ms"])
    assert.deepStrictEqual([pattern.code, pattern.err], [0, `katcp: no sensor of ${host} matches nothing.* yet\n`])
  })

  it("wait until a sensor fulfils a condition (C-105)", async () => {
    await katcp(["call", host, "set-sensor", "test.int", "3"])
    assert.strictEqual((await katcp(["wait", host, "test.int", ">=", "3"])).code, 0)
    assert.strictEqual((await katcp(["wait", host, "test.int", "status", "warn,nominal"])).code, 0)
    const late = await katcp(["wait", host, "test.int", "4,5", "--timeout", "100ms"])
    assert.deepStrictEqual([late.code, late.err.includes("was not = 4,5 within 0.1 s")], [1, true])
    for (const condition of [["status", "fine"], ["x"], ["status", ">", "warn"]])
      assert.strictEqual((await katcp(["wait", host, "test.int", ...condition])).code, 2, condition.join(" "))
  })

  it("show the log of the device (C-102)", async () => {
    const log = start(["log", host, "--level", "error", "--json"])
    const asked = async (level: string) => katcp(["call", host, "write-log", level, `a ${level}`])
    // the first one may come before the log is read
    while (
      (await Promise.race([
        log.until(({ out }) => out.includes("a error")).then(() => true),
        asked("error").then(() => false)
      ])) === false
    );
    await asked("warn")
    log.child.kill("SIGINT")
    const { out } = await log.ended
    assert.isTrue(json(out).every((record) => record.level === "error" && record.message === "a error"))
  })
})

describe("katcp tap and replay", () => {
  it("record a session and serve it again", async () => {
    const recording = file("session.ndjson")
    const tap = start(["tap", "0", host, "--record", recording])
    let at = ""
    await tap.until(({ err }) => (at = /clients of (\S+) reach/.exec(err)?.[1] ?? "") !== "")
    assert.match((await katcp(["call", at, "add", "1", "2"])).out, /ok 3\.0/)
    assert.strictEqual((await katcp(["call", at, "fail-please"])).code, 1)
    await tap.until(({ out }) => /> \?add\[\d+\] 1 2[\s\S]*< !add\[\d+\] ok 3\.0/.test(out) && out.includes("closed"))
    tap.child.kill("SIGINT")
    await tap.ended
    writeFileSync(recording, `${readFileSync(recording, "utf8")}{"time":1,"connec`)
    const replay = start(["replay", recording, "--listen", "0", "--speed", "0"])
    await replay.until(({ err }) => (at = /katcp: (\S+) replays/.exec(err)?.[1] ?? "") !== "")
    assert.match((await katcp(["call", at, "add", "1", "2"])).out, /ok 3\.0/)
    assert.match((await katcp(["call", at, "add", "2", "2"])).out, /invalid "Not in the recording\."/)
    replay.child.kill("SIGINT")
    writeFileSync(recording, "nonsense\n{}\n")
    const bad = await katcp(["replay", recording])
    assert.deepStrictEqual([bad.code, bad.err.includes("line 1 is not an entry of a recording")], [2, true])
  })
})

describe("katcp tap, replay and simulate", () => {
  it("say why they cannot start", async () => {
    const port = host.split(":")[1]!
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["tap", port, host], `cannot listen on ${port}: another program listens there already`],
      [["tap", "0", host, "--record", folder], `cannot write to ${folder}: it is a folder`],
      [["tap", "0", host, "add"], "expected one device"],
      [["replay", file("none.ndjson")], `cannot read ${file("none.ndjson")}: there is no such file`],
      [["simulate", "--contract", file("none.json")], `cannot read ${file("none.json")}: there is no such file`]
    ]
    for (const [args, wanted] of cases) {
      const ended = await katcp(args)
      assert.deepStrictEqual([ended.code, ended.err.includes(wanted)], [2, true], ended.err)
    }
  })

  it("print their address as JSON, and the reason why a device cannot be reached", async () => {
    const tap = start(["tap", "0", "127.0.0.1:1", "--json"])
    let first = ""
    await tap.until(({ out }) => (first = /^(.*)\n/.exec(out)?.[1] ?? "") !== "")
    const { at, device, event } = JSON.parse(first)
    assert.deepStrictEqual([event, device], ["listening", "127.0.0.1:1"])
    assert.strictEqual((await katcp(["call", at, "watchdog"])).code, 2)
    await tap.until(({ out }) => out.includes("not reached: nothing listens on that port"))
    tap.child.kill("SIGINT")
    assert.strictEqual((await tap.ended).code, 130)
  })
})

describe("katcp simulate", () => {
  it("makes the requests of a start-up script, despite access rules, and names the lines that failed (C-135)", async () => {
    const contract = file("scripted.json")
    writeFileSync(contract, (await katcp(["contract", host])).out)
    const script = file("init.katcp")
    writeFileSync(script, "# prepare\n?log-level debug\n?no-such\n")
    const words = ["simulate", "--contract", contract, "--listen", "0", "--script", script]
    const simulation = start([...words, "--access", "all=read"])
    let at = ""
    await simulation.until(({ err }) => {
      at = /sensors at (\S+)/.exec(err)?.[1] ?? ""
      return at !== "" && err.includes("line 3: !no-such invalid")
    })
    assert.match((await katcp(["call", at, "log-level"])).out, /ok debug\n$/)
    simulation.child.kill("SIGTERM")
    assert.strictEqual((await simulation.ended).code, 0)
    writeFileSync(script, "log-level debug\n")
    const bad = await katcp(words)
    assert.deepStrictEqual([bad.code, bad.err.includes("init.katcp, line 1: ")], [2, true], bad.err)
    const none = await katcp([...words.slice(0, -1), file("none.katcp")])
    assert.deepStrictEqual(
      [none.code, none.err.includes(`cannot read ${file("none.katcp")}: there is no such file`)],
      [2, true]
    )
  })

  it("serves a copy of a device with moving sensors and given answers", async () => {
    await katcp(["call", host, "set-sensor", "test.discrete", "three"])
    const moves = ["--move", "test.int=ramp 0 1000 2", "--move", "test.string=script a,b 0.1", "--every", "50ms"]
    const answers = ["--answer", "add=ok 42.0", "--answer", "sleep=fail the brakes are on"]
    const simulation = start(["simulate", "--copy", host, "--listen", "0", ...moves, ...answers])
    let at = ""
    await simulation.until(({ err }) => (at = /sensors at (\S+)/.exec(err)?.[1] ?? "") !== "")
    assert.match((await katcp(["call", at, "add", "1", "2"])).out, /ok 42\.0/)
    assert.match((await katcp(["call", at, "sleep", "1"])).out, /fail "the brakes are on"/)
    assert.strictEqual((await katcp(["get", "--value", at, "test.discrete"])).out, "three\n")
    assert.strictEqual((await katcp(["wait", at, "test.int", "> 100", "-t", "15s"])).code, 0)
    assert.strictEqual((await katcp(["wait", at, "test.string", "b", "-t", "15s"])).code, 0)
    simulation.child.kill("SIGINT")
    assert.strictEqual((await simulation.ended).code, 130)
    for (const bad of [
      [],
      ["--copy", "127.0.0.1:1"],
      ["--copy", host, "--move", "nothing=walk 1"],
      ["--copy", host, "--move", "test.bool=walk 1"],
      ["--copy", host, "--answer", "no-such=ok"],
      ["--contract", file("none.json")]
    ]) {
      const ended = await katcp(["simulate", "--listen", "0", ...bad])
      assert.deepStrictEqual([ended.code, ended.err.trimEnd().split("\n").length], [2, 1], bad.join(" "))
    }
  })
})

describe("katcp conform and contract", () => {
  it("check a device against the specification", async () => {
    const { code, out } = await katcp(["conform", host, "--only", "wire-00,help"])
    assert.strictEqual(code, 0, out)
    assert.match(out, / 0 failed/)
    const results = json((await katcp(["conform", host, "--only", "wire-001", "--json"])).out)
    assert.deepStrictEqual(
      results.map(({ id, outcome }) => [id, outcome]),
      [["wire-001", "passed"]]
    )
    assert.strictEqual((await katcp(["conform", host, "--only", "nonsense"])).code, 2)
    assert.strictEqual((await katcp(["conform", "127.0.0.1:1"])).code, 2)
  })

  it("read a contract, as JSON and TypeScript, and compare two", async () => {
    const read = await katcp(["contract", host])
    assert.strictEqual(read.code, 0)
    writeFileSync(file("a.json"), read.out)
    const changed = read.out.replace('"test.int"', '"test.integer"')
    writeFileSync(file("b.json"), changed)
    assert.include((await katcp(["contract", host, "--typescript"])).out, "Interface.make(")
    assert.deepInclude(await katcp(["contract", "diff", file("a.json"), host]), { code: 0, out: "" })
    const diff = await katcp(["contract", "diff", file("a.json"), file("b.json")])
    assert.deepStrictEqual([diff.code, diff.out.includes("test.int")], [1, true])
    assert.strictEqual((await katcp(["contract", "diff", file("none.json"), host])).code, 2)
    writeFileSync(file("bad.json"), "{}")
    const bad = await katcp(["contract", "diff", file("bad.json"), host])
    assert.deepStrictEqual([bad.code, bad.err.trimEnd().split("\n").length], [2, 1])
    assert.include(bad.err, 'bad.json does not contain a contract: Missing key at ["format"]')
  })
})

describe("katcp msg and run", () => {
  it("print #log lines (C-103, C-107)", async () => {
    const { code, out } = await katcp(["msg", "--level", "warn", "-s", "disk", "nearly", "full"])
    assert.strictEqual(code, 0)
    assert.match(out, /^#log warn \d+\.\d+ disk nearly\\_full\n$/)
    assert.match(
      (await katcp(["msg", "-"], "a\nb\n", { KATCP_LABEL: "x" })).out,
      /^#log info \S+ x a\n#log info \S+ x b\n$/
    )
    assert.strictEqual((await katcp(["msg"])).code, 2)
    const program = ["-e", "console.log('out'); console.error('err'); process.exitCode = 7"]
    const ran = await katcp(["run", "-s", "js", "--", process.execPath, ...program])
    assert.strictEqual(ran.code, 7)
    assert.deepStrictEqual(
      ran.out
        .replace(/ \d+\.\d+ /g, " ")
        .trimEnd()
        .split("\n")
        .sort(),
      ["#log error js err", "#log info js out"]
    )
    const killed = await katcp(["run", "--", process.execPath, "-e", "process.kill(process.pid, 'SIGKILL')"])
    assert.strictEqual(killed.code, 128 + 9)
    const none = await katcp(["run", "no-such-program"])
    assert.deepStrictEqual([none.code, none.err], [2, "katcp: cannot run no-such-program: there is no such program\n"])
  })
})

describe("katcp con", () => {
  it("runs commands at once, and exits with the highest of their codes (C-106)", async () => {
    // each waits for what the other one makes: one after the other they would never end
    const meet = (mine: string, other: string) =>
      `touch ${file(mine)}; while [ ! -e ${file(other)} ]; do :; done; echo ${mine}`
    const met = await katcp(["con", "--label", meet("one", "two"), meet("two", "one")])
    assert.deepStrictEqual([met.code, met.out.trimEnd().split("\n").sort(), met.err], [0, ["1: one", "2: two"], ""])
    const failed = await katcp(["con", "-q", "echo out; exit 3", "exit 1", "echo fine"])
    assert.deepStrictEqual([failed.code, failed.out], [3, ""])
    assert.sameMembers(failed.err.trimEnd().split("\n"), [
      "katcp: echo out; exit 3 exited with 3",
      "katcp: exit 1 exited with 1"
    ])
    assert.deepStrictEqual(json((await katcp(["con", "--json", "--jobs", "1", "echo a >&2", "true"])).out), [
      { type: "line", index: 0, command: "echo a >&2", stream: "err", text: "a" },
      { type: "exit", index: 0, command: "echo a >&2", exitCode: 0 },
      { type: "exit", index: 1, command: "true", exitCode: 0 }
    ])
    for (const bad of [["con"], ["con", "--jobs", "0", "true"]]) assert.strictEqual((await katcp(bad)).code, 2)
  })

  it("ends all processes of its commands when it is interrupted, even after their shell has ended (C-106)", async () => {
    for (const [name, after] of [
      ["before", ""],
      ["behind", " &"]
    ] as const) {
      const ended = file(`ended-${name}`)
      // a shell may miss a signal that comes while it starts a program
      const loop = `sh -c 'trap "echo > ${ended}; exit" TERM; sleep 1000 & echo ready; wait'`
      const con = start(["con", loop + after])
      await con.until(({ out }) => out.includes("ready"))
      con.child.kill("SIGINT")
      assert.strictEqual((await con.ended).code, 130)
      while (!existsSync(ended)) await new Promise((resolve) => setImmediate(resolve))
    }
  })
})

describe("katcp --help", () => {
  it("appears at once, and lists every command", async () => {
    const { code, out } = await katcp(["--help"])
    assert.strictEqual(code, 0)
    for (const name of [
      "call",
      "info",
      "list",
      "get",
      "help",
      "monitor",
      "wait",
      "log",
      "tap",
      "replay",
      "conform",
      "contract"
    ])
      assert.match(out, new RegExp(`^ +${name} `, "m"))
    assert.include((await katcp(["monitor", "--help"])).out, "--strategy")
    const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, "..", "..", "package.json"), "utf8"))
    assert.strictEqual((await katcp(["--version"])).out, `katcp v${version}\n`)
    assert.include((await katcp(["--completions", "bash"])).out, "complete")
  })
})
