/** The forms in which the commands print readings and records: JSON, CSV and templates. */
import { assert, beforeAll, describe, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"

let host = ""
beforeAll(async () => {
  host = (await device()).address
})

const header = "device,name,type,units,value,status,code,timestamp,received"

/** The cells of CSV, as RFC 4180 has them. */
const cellsOf = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<Array<string>> = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!)
    if (end === "\r\n") rows.push([])
  }
  return rows.slice(0, -1)
}

describe("--csv", () => {
  it("has the same columns in get, list and monitor, with a header", async () => {
    const get = await katcp(["get", host, "test.int", "test.string", "--csv"])
    const monitor = await katcp(["monitor", host, "test.int", "--count", "1", "--csv"])
    const list = await katcp(["list", host, "test.int", "--csv"])
    for (const { out } of [get, monitor]) assert.strictEqual(out.split("\r\n")[0], header)
    assert.strictEqual(list.out.split("\r\n")[0], `${header},doc`)
    for (const { out } of [get, monitor, list])
      assert.match(out.split("\r\n")[1]!, new RegExp(`^${host},test\\.int,integer,count,0,nominal,1,[\\d.]+,[\\d.]+`))
    assert.deepStrictEqual([get.code, list.code, monitor.code], [0, 0, 0])
  })

  it("has its header even without sensors and readings", async () => {
    assert.strictEqual((await katcp(["list", host, "no.such*", "--csv"])).out, `${header},doc\r\n`)
    assert.strictEqual((await katcp(["monitor", host, "no.such*", "--for", "50ms", "--csv"])).out, `${header}\r\n`)
  })

  it("quotes what RFC 4180 quotes, and keeps every byte", async () => {
    for (const value of ['a,"b"\r\nc', "\u0001\u202e", '"']) {
      const wire = value.replaceAll("\\", "\\\\").replaceAll("\r", "\\r").replaceAll("\n", "\\n")
      const set = await katcp(["call", "--raw", host, "set-sensor", "test.string", wire])
      assert.strictEqual(set.code, 0, set.out + set.err)
      const { out } = await katcp(["get", host, "test.string", "--csv"])
      assert.strictEqual(cellsOf(out)[1]![4], value)
    }
  })

  it("cannot be combined with another form", async () => {
    const cases = [
      ["get", host, "test.int", "--csv", "--json"],
      ["list", host, "--csv", "--format", "{name}"],
      ["monitor", host, "--json", "--format", "{name}"],
      ["log", host, "--csv", "--json"]
    ]
    for (const args of cases) {
      const { code, err, out } = await katcp(args)
      assert.deepStrictEqual([code, out], [2, ""])
      assert.match(err, /^katcp: --(?:csv|json) and --(?:csv|json|format): choose one of them\n$/)
    }
  })
})

describe("--format", () => {
  it("prints a line for each reading by the template", async () => {
    const { out } = await katcp(["get", host, "test.int", "test.float", "--format", "{name:<12}{value:>6.2} {units}"])
    assert.strictEqual(out, "test.int      0.00 count\ntest.float    0.00 m/s\n")
    const listed = await katcp(["list", host, "test.int", "--format", "{doc}|{type}|{status}|{code}|{device}"])
    assert.strictEqual(listed.out, `An integer.|integer|nominal|1|${host}\n`)
    const monitor = await katcp(["monitor", host, "test.int", "-n", "1", "--utc", "-f", "{time} {received-time}"])
    assert.match(monitor.out, /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z ?){2}\n$/)
  })

  it("suggests the nearest field before it connects to the device", async () => {
    for (const command of ["get", "list", "monitor"]) {
      const { code, err } = await katcp([command, "127.0.0.1:1", "x", "--format", "{nmae}"])
      assert.strictEqual(code, 2)
      assert.match(err, /^katcp: --format: there is no field \{nmae\}; did you mean name\? fields are device, name, /)
    }
    const { err } = await katcp(["log", "127.0.0.1:1", "--format", "{value}"])
    assert.match(err, /there is no field \{value\}.* fields are device, level, timestamp, time, name, message /)
  })
})

describe("log", () => {
  it("has these forms, too, each record on a line", async () => {
    const forms = [["--csv"], ["--format", "{level:>6} {name}: {message}"], ["--json"]]
    const logs = forms.map((form) => start(["log", host, "--module", "example", ...form]))
    await Promise.all(logs.slice(0, 2).map((log) => log.until(({ err }) => err.includes("reports from"))))
    await logs[0]!.until(({ out }) => out.includes("\r\n"))
    let done = false
    const speaking = (async () => {
      while (!done) await katcp(["call", host, "write-log", "warn", 'a, "b"\nc'])
    })()
    await Promise.all(logs.map((log) => log.until(({ out }) => out.includes("example"))))
    done = true
    await speaking
    for (const log of logs) log.child.kill("SIGINT")
    const [csv, format, json] = await Promise.all(logs.map(({ ended }) => ended))
    assert.deepStrictEqual(cellsOf(csv!.out)[0], ["device", "level", "timestamp", "name", "message"])
    assert.deepStrictEqual(cellsOf(csv!.out)[1]!.toSpliced(2, 1), [host, "warn", "example", 'a, "b"\nc'])
    assert.strictEqual(format!.out.split("\n")[0], '  warn example: a, "b"\\nc')
    assert.deepInclude(JSON.parse(json!.out.split("\n")[0]!), { level: "warn", message: 'a, "b"\nc', device: host })
  })

  it("does not write CSV or templates to a file", async () => {
    const { code, err } = await katcp(["log", host, "--csv", "--output", "/nowhere/x"])
    assert.deepStrictEqual([code, err.includes("redirect the standard output")], [2, true])
  })
})
