/** Several devices in one command, and where their names come from; by the command as it was built. */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { command, device, type Ended, inTime, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
const file = (name: string, text?: string) => {
  const full = path.join(folder, name)
  mkdirSync(path.dirname(full), { recursive: true })
  if (text !== undefined) writeFileSync(full, text)
  return full
}
const devices = new Map<string, Awaited<ReturnType<typeof device>>>()
let site = ""
/** A user without files of their own. */
const nobody = { HOME: path.join(folder, "nobody"), XDG_CONFIG_HOME: "", KATCP_SITE: "" }
const run = (...words: ReadonlyArray<string>) => katcp(words, "", nobody)
const ofSite = (...words: ReadonlyArray<string>) => katcp([...words, "--site", site], "", nobody)
const lines = (text: string) => text.split("\n").filter((line) => line !== "")
const addressOf = (name: string) => devices.get(name)!.address

beforeAll(async () => {
  const started = await Promise.all(["m000", "m001", "anc"].map(async (name) => [name, await device()] as const))
  for (const [name, one] of started) devices.set(name, one)
  site = file(
    "site.yaml",
    `devices:
  m000: ${addressOf("m000")}
  m001: { address: "katcp://${addressOf("m001")}" }
  anc:
    address: ${addressOf("anc")}
    description: the weather
  gone: 127.0.0.1:1
`
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a command in a folder, where it may find a file. */
const within = (cwd: string, words: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  new Promise<Ended>((resolve) => {
    const { KATCP_SERVER: _, ...inherited } = process.env
    const child = spawn(process.execPath, [command, ...words], { cwd, env: { ...inherited, ...environment } })
    let out = ""
    let err = ""
    child.stdout.on("data", (data) => (out += data))
    child.stderr.on("data", (data) => (err += data))
    child.once("close", (code) => resolve({ code, out, err }))
  })

describe("targets of a site file", () => {
  it("get reads sensors of several devices, each with its device", async () => {
    const { code, err, out } = await ofSite("get", "m0*/test.int", "anc/test.float")
    assert.deepStrictEqual([code, err], [0, ""])
    assert.deepStrictEqual(
      lines(out).map((line) => line.split(/\s+/).slice(0, 2)),
      [
        ["m000/test.int", "0"],
        ["m001/test.int", "0"],
        ["anc/test.float", "0.0"]
      ]
    )
    const there = file("there.yaml", readFileSync(site, "utf8").replace(/ {2}gone.*\n/, ""))
    const values = await run("get", "--value", "/^m0.*\\/test\\.int$/", "--site", there)
    assert.deepInclude(values, { code: 0, out: "0\n0\n", err: "" })
    const json = await ofSite("get", "m0*/test.int", "--json")
    assert.deepStrictEqual(
      lines(json.out).map((line) => JSON.parse(line).device),
      ["m000", "m001"]
    )
  })

  it("a device, its sensor, and words after it work like HOST and sensors", async () => {
    const one = await ofSite("get", "m000", "test.int", "test.f*")
    assert.deepStrictEqual(
      lines(one.out).map((line) => line.split(/\s+/)[0]),
      ["test.int", "test.float"]
    )
    assert.match((await ofSite("get", "m000/test.int")).out, /^test\.int /)
    assert.match((await ofSite("call", "m001", "add", "1", "2")).out, /ok 3\.0/)
    assert.match((await ofSite("info", "anc")).out, /^host +anc$/m)
  })

  it("list shows the sensors of several devices", async () => {
    const { code, err, out } = await ofSite("list", "m0*/test.i*", "anc/test.int")
    assert.deepStrictEqual([code, err], [0, ""])
    assert.deepStrictEqual(
      lines(out).map((line) => line.split(/\s+/)[0]),
      ["sensor", "m000/test.int", "m001/test.int", "anc/test.int"]
    )
    const whole = await within(folder, ["list", "site.yaml", "--csv"], nobody)
    assert.strictEqual(whole.code, 2)
    assert.include(whole.err, "katcp: 1 of 4 devices failed")
    assert.strictEqual(lines(whole.out).filter((line) => line.includes(",test.int,")).length, 3)
  })

  it("addresses and names of devices can be mixed", async () => {
    const { code, out } = await ofSite(
      "get",
      addressOf("m000"),
      "test.int",
      addressOf("anc"),
      "m001/test.int",
      "--json"
    )
    // a whole device has no sensors to get
    assert.strictEqual(code, 2)
    assert.strictEqual(out, "")
    const both = await ofSite("list", addressOf("m000"), "test.int", "m001/test.int")
    assert.deepStrictEqual(
      lines(both.out).map((line) => line.split(/\s+/)[0]),
      ["sensor", `${addressOf("m000")}/test.int`, "m001/test.int"]
    )
  })

  it("monitor shows readings of several devices as they come", async () => {
    const { code, err, out } = await ofSite("monitor", "m0*/test.int", "anc/test.int", "--count", "3")
    assert.deepStrictEqual([code, err], [0, ""])
    assert.sameMembers(
      lines(out).map((line) => / (\S+\/\S+) /.exec(line)![1]!),
      ["m000/test.int", "m001/test.int", "anc/test.int"]
    )
  })

  it("wait waits for all sensors at once, or with --any for one", async () => {
    const waiting = start(["wait", "m0*/test.int", "> 5", "--site", site, "--json"], nobody)
    await ofSite("call", "m000", "set-sensor", "test.int", "7")
    const first = await ofSite("wait", "m0*/test.int", "> 5", "--any")
    assert.deepStrictEqual([first.code, lines(first.out).length, /^m000\/test\.int 7 /.test(first.out)], [0, 1, true])
    const late = await inTime(
      (milliseconds) => ofSite("wait", "m0*/test.int", "> 5", "--timeout", `${milliseconds}ms`),
      ({ err }) => err.includes("it was 0") && !err.includes("m000/test.int was not"),
      300
    )
    assert.deepStrictEqual([late.code, late.out], [1, ""])
    assert.match(late.err, /m001\/test\.int was not > 5 within [\d.]+ s; it was 0, nominal/)
    assert.notInclude(late.err, "m000/test.int was not")
    assert.isNull(waiting.child.exitCode)
    await ofSite("call", "m001", "set-sensor", "test.int", "8")
    const { code, out } = await waiting.ended
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(
      lines(out).map((line) => [JSON.parse(line).device, JSON.parse(line).value]),
      [
        ["m000", 7],
        ["m001", 8]
      ]
    )
    assert.strictEqual((await ofSite("wait", "m000/test.int", "m001/test.int")).code, 0)
    const words = await ofSite("wait", "m0*/test.int", "status", "nominal")
    assert.deepStrictEqual([words.code, words.err.includes("write it in quotes, 'status nominal'")], [2, true])
  })

  it("log shows the records of several devices", async () => {
    const log = start(["log", "m0*", "--site", site], nobody)
    await log.until(({ err }) => ["m000", "m001"].every((name) => err.includes(`katcp: ${name} reports from`)))
    await Promise.all(["m000", "m001"].map((name) => ofSite("call", name, "log-level", "trace")))
    await Promise.all(["m000", "m001"].map((name) => ofSite("call", name, "?raise-exception")))
    log.child.kill("SIGINT")
    await log.ended
    const two = await ofSite("log", "m000", "m001", "--for", "200ms")
    assert.strictEqual(two.code, 0)
  })
})

describe("a failure among several devices", () => {
  it("is reported, the others continue, and the exit code is the highest", async () => {
    for (const words of [["get"], ["list"]]) {
      const { code, err, out } = await ofSite(...words, "m000/test.int", "gone/test.int", "m001/test.nothing")
      assert.strictEqual(code, 2, words[0])
      assert.include(out, "m000/test.int")
      assert.include(err, "katcp: cannot connect to gone (127.0.0.1:1): nothing listens on that port")
      assert.include(err, "katcp: m001 has no sensor test.nothing")
      assert.include(err, "katcp: 2 of 3 devices failed")
    }
    const nowhere = await ofSite("get", "m0*/no.such")
    assert.deepStrictEqual([nowhere.code, nowhere.out], [1, ""])
    assert.include(nowhere.err, "no sensor of the answering devices matches m0*/no.such")
    const refused = await ofSite("get", "m000/test.int", "m001/test.nothing")
    assert.strictEqual(refused.code, 1)
  })

  it("lets monitor retry, and report it at its end", async () => {
    const { code, err, out } = await inTime(
      (milliseconds) => ofSite("monitor", "m000/test.int", "gone/test.int", "--for", `${milliseconds}ms`),
      ({ err, out }) => out !== "" && err.includes("retrying"),
      1000
    )
    assert.strictEqual(code, 2)
    assert.match(out, /m000\/test\.int/)
    assert.include(err, "cannot connect to gone (127.0.0.1:1)")
    assert.include(err, "retrying")
    assert.include(err, "katcp: 1 of 2 devices failed")
  })

  it("ends wait; with --any it continues with the others", async () => {
    const all = await ofSite("wait", "m000/test.bool", "gone/test.bool", "0")
    assert.deepStrictEqual([all.code, all.err.includes("cannot connect to gone")], [2, true])
    const any = await ofSite("wait", "m000/test.bool", "gone/test.bool", "0", "--any")
    assert.deepStrictEqual([any.code, any.out.startsWith("m000/test.bool 0 ")], [0, true])
  })

  it("a mistyped name is reported with similar ones", async () => {
    const cases: ReadonlyArray<readonly [words: ReadonlyArray<string>, wanted: string]> = [
      [["get", "m002/test.int"], `${site} has no device "m002"; did you mean m000, m001?`],
      [["get", "x*/test.int"], `no device of ${site} matches x*; it has m000, m001, anc, gone`],
      [["info", "m0*"], "m0* matches m000, m001; this command takes one device"],
      [["info", "m000/test.int"], "m000/test.int is a sensor; this command needs devices: write m000"],
      [["info", "m00.invalid"], "cannot connect to m00.invalid:7147: there is no host of that name"],
      [["get", "m000"], "name one or more sensors; katcp list shows them"],
      [["get", "m000", "/(/"], "/(/ is not a regular expression"],
      [["get"], "name a device"]
    ]
    for (const [words, wanted] of cases) {
      const { code, err } = await ofSite(...words)
      assert.strictEqual(code, 2, words.join(" "))
      assert.include(err, wanted)
    }
  })
})

describe("the sources of the address book", () => {
  const book = (name: string) => `devices:\n  ${name}: ${addressOf("m000")}\n`

  it("are, in this order, --site, KATCP_SITE, the user's file, the working directory", async () => {
    const cwd = path.dirname(file("cwd/katcp.yaml", book("of-cwd")))
    const named = file("named.toml", `[devices]\nof-flag = "${addressOf("m000")}"\n`)
    const variable = file("variable.json", JSON.stringify({ devices: { "of-variable": addressOf("m000") } }))
    const home = path.join(folder, "home")
    file("home/.config/katcp/katcp.yaml", book("of-user"))
    file("xdg/katcp/katcp.yaml", book("of-xdg"))
    const get = (name: string, environment: Readonly<Record<string, string>>, ...flags: ReadonlyArray<string>) =>
      within(cwd, ["get", `${name}/test.bool`, ...flags], { ...nobody, ...environment })
    assert.strictEqual((await get("of-flag", { KATCP_SITE: variable, HOME: home }, "--site", named)).code, 0)
    assert.strictEqual((await get("of-variable", { KATCP_SITE: variable, HOME: home })).code, 0)
    assert.deepInclude(await get("of-user", { HOME: home }), { code: 0, err: "" })
    assert.deepInclude(await get("of-xdg", { XDG_CONFIG_HOME: path.join(folder, "xdg") }), { code: 0, err: "" })
    // that of the user hides the one of the folder
    assert.strictEqual((await get("of-cwd", { HOME: home })).code, 2)
    const found = await get("of-cwd", {})
    assert.strictEqual(found.code, 0)
    assert.strictEqual(found.err, `katcp: using the devices of ${path.join(cwd, "katcp.yaml")}\n`)
    // it is not mentioned when it was not used
    assert.deepInclude(await within(cwd, ["get", addressOf("m000"), "test.bool"], nobody), { code: 0, err: "" })
  })

  it("a file of the working directory gives no secrets away, and stops no command", async () => {
    const cwd = path.dirname(
      file(
        "found/katcp.yaml",
        `devices:
  good: ${addressOf("m000")}
  leaky: "ws://127.0.0.1:1/\${env:SECRET}"
  secure: { address: "katcps://127.0.0.1:1", tls: { key: /etc/passwd, cert: /etc/passwd } }
`
      )
    )
    const secret = { ...nobody, SECRET: "hunter2" }
    assert.strictEqual((await within(cwd, ["get", "good/test.bool"], secret)).code, 0)
    const leaky = await within(cwd, ["info", "leaky"], secret)
    assert.strictEqual(leaky.code, 2)
    assert.match(leaky.err, /devices\.leaky: \$\{env:SECRET\} is not replaced here/)
    assert.notInclude(leaky.err, "hunter2")
    const secure = await within(cwd, ["info", "secure"], secret)
    assert.deepStrictEqual([secure.code, secure.err.includes("credentials are not read here")], [2, true])
    const broken = path.dirname(file("broken/katcp.yaml", "devices: [\n"))
    const ended = await within(broken, ["info", "127.0.0.1"], nobody)
    assert.include(ended.err, "katcp.yaml: this is not YAML")
    assert.include(ended.err, "cannot connect to 127.0.0.1:7147")
  })

  it("a file that was named must be valid: each mistake has its file and path", async () => {
    const bad = file("bad.yaml", 'devices:\n  m_1: 10.0.0.1\n  m2: { adress: "10.0.0.1" }\n  m3: 7\n')
    const { code, err } = await katcp(["info", "m2", "--site", bad], "", nobody)
    assert.strictEqual(code, 2)
    assert.sameMembers(lines(err), [
      `katcp: ${bad}: devices.m_1: "m_1" is not allowed here: the name of a device must be a letter, then letters, digits and -, at most 64 in all`,
      `katcp: ${bad}: devices.m2.adress: there is no key "adress"; did you mean address?`,
      `katcp: ${bad}: devices.m2.address: this key is missing`,
      `katcp: ${bad}: devices.m3: expected text or keys and values, got 7`
    ])
    const none = await katcp(["info", "m2", "--site", "/no/such.yaml"], "", nobody)
    assert.deepStrictEqual([none.code, none.err], [2, "katcp: /no/such.yaml: there is no such file or folder\n"])
    assert.isFalse(existsSync("/no/such.yaml"))
    assert.include(readFileSync(site, "utf8"), "devices:")
  })
})
