/** Messages of the commands for malformed words, flags and files: exit code 2, and nothing on standard output. */
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { device, katcp } from "./katcp.ts"

let host = ""
const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
const file = (name: string) => path.join(folder, name)
beforeAll(async () => {
  host = (await device()).address
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Each with what its one line is to have. */
const saying = async (cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, wanted: string]>) => {
  for (const [args, wanted] of cases) {
    const { code, err, out } = await katcp(args)
    assert.match(err, /^katcp: .*\n$/, args.join(" "))
    assert.include(err, wanted)
    assert.deepStrictEqual([code, out], [2, ""], args.join(" "))
  }
}

describe("invalid command lines", () => {
  it("a missing or surplus word: one line", () =>
    saying([
      ...["call", "info", "list", "get", "help", "monitor", "wait", "log", "contract", "conform", "shell"].map(
        (name) => [[name], "name a device"] as const
      ),
      [["get", host], "name one or more sensors"],
      [["wait", host], "name a sensor to wait for"],
      [["tap"], "give the address to listen on"],
      [["tap", "0"], "name a device"],
      [["tap", "here", host], "is not an address to listen on"],
      [["tap", "::1", host], '"::1" is not an address to listen on: an IPv6 address has brackets'],
      [["simulate"], "choose the device to simulate"],
      [["contract", "diff", "one"], "name two contracts"],
      [["info", host, "more"], "too many arguments: more"],
      [["help", host, "add", "more"], "too many arguments: more"]
    ]))

  it("unreadable input: one line", () =>
    saying([
      [["list", host, "/(/"], "is not a regular expression"],
      [["monitor", host, "test.int", "--strategy", "sometimes"], '--strategy "sometimes"'],
      [["wait", host, "test.int", "status", "fine"], '"fine" is not a status'],
      [["wait", host, "test.int", "> much"], '"much" is not a value of test.int'],
      [["conform", host, "--only", "nothing"], "no check has an id that begins with nothing"],
      [["call", host, "watchdog", "--id", "0"], "is not a message id"],
      [
        ["gateway", "token", "add", "anna", "--tokens", "/proc/none/tokens"],
        "cannot write to /proc/none/tokens: there is no such file or folder"
      ],
      [["gateway", "token", "list", "--tokens", "/proc/none/tokens"], "cannot read /proc/none/tokens: there is no such"]
    ]))

  it("a number out of range: one line, with the range", () =>
    saying([
      [["call", host, "watchdog", "--timeout", "-1"], '--timeout: "-1" is not a timeout: write seconds, 5 or 0.5; see'],
      [["log", host, "--reconnect-max", "0"], '--reconnect-max: "0" is not a time: write seconds'],
      [["monitor", host, "--count", "0"], '--count: "0" is not a number of readings: write 1 or more; see'],
      [
        ["casper", "list", host, "--concurrency", "0"],
        '--concurrency: "0" is not a number of boards: write 1 or more; see'
      ],
      [["casper", "read", host, "gain", "--offset", "-1"], '--offset: "-1" is less than 0; see']
    ]))

  it("an invalid value of a flag: exit code 2, and an error on standard error", async () => {
    for (const args of [
      ["--nonsense"],
      ["nonsense"],
      ["call", "--nonsense"],
      ["call", host, "watchdog", "--timeout", "soon"],
      ["call", host, "watchdog", "--timeout", "0"],
      ["call", host, "watchdog", "--timeout=-1"],
      ["monitor", host, "test.int", "--count", "0"],
      ["monitor", host, "test.int", "--count", "some"],
      ["monitor", host, "test.int", "--for", "soon"],
      ["log", host, "--level", "loud"],
      ["replay"]
    ]) {
      const { code, err } = await katcp(args)
      assert.deepStrictEqual([code, err.trim() === ""], [2, false], args.join(" "))
      assert.notMatch(err, /^\s+at /m)
    }
  })
})

describe("files and ports", () => {
  it("that are missing or of another kind: one line names them, and the reason", async () => {
    writeFileSync(file("half.json"), '{"format":')
    writeFileSync(file("other.json"), '{"format": "another"}')
    writeFileSync(file("text"), "nothing of a recording\n{}\n")
    const none = file("none.json")
    const there = "there is no such file or folder"
    await saying([
      [["simulate", "--contract", none], `cannot read ${none}: ${there}`],
      [["simulate", "--contract", folder], `cannot read ${folder}: it is a folder`],
      [["simulate", "--contract", file("half.json")], "half.json does not contain a contract"],
      [["simulate", "--contract", file("other.json")], "other.json does not contain a contract"],
      [["contract", "diff", none, host], `there is no file ${none}`],
      [["contract", "diff", file("half.json"), host], "half.json does not contain a contract"],
      [["replay", none], `cannot read ${none}: ${there}`],
      [["replay", file("text")], "line 1 is not an entry of a recording"],
      [["tap", "0", host, "--record", path.join(none, "x")], `cannot write to ${path.join(none, "x")}: ${there}`]
    ])
  })

  it("a taken port: one line says so", async () => {
    const taken = createServer().unref().listen(0, "127.0.0.1")
    await once(taken, "listening")
    const { port } = taken.address() as AddressInfo
    const wanted = `cannot listen on ${port}: another program listens there already`
    await saying([
      [["tap", `${port}`, host], wanted],
      [["simulate", "--copy", host, "--listen", `${port}`], wanted]
    ])
    taken.close()
  })
})
