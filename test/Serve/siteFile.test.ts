/** Valid site files, and each mistake: with file, path, and the expected value. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Arg, Interface, Request } from "katcp"
import { Proxy } from "katcp/Proxy"
import { devicesOf, loadSite, parseSite, rulesOf, selectionOf } from "katcp/Serve"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string | Uint8Array) => {
  const full = path.join(folder, name)
  writeFileSync(full, text)
  return full
}
const environment = { ADDRESS: "10.0.0.9:7147", BAD: "hunter2:99999" }
const parsed = (text: string, name = "site.yaml") => parseSite(name, text, environment)
const read = (text: string, name?: string) => Result.getOrThrow(parsed(text, name))
const faultsOf = (text: string, name?: string): ReadonlyArray<string> => {
  const result = parsed(text, name)
  return Result.isFailure(result) ? result.failure.lines : assert.fail("the file is right")
}
/** A reference to a variable, which is not a template of this file. */
const variable = (name: string) => `$\{env:${name}}`

describe("a site file", () => {
  it("is the same in YAML, TOML and JSON", () => {
    const yaml = read(`
devices:
  m000: 10.0.0.1:7147
  anc: { address: "katcp://10.0.0.9", sensors: [wind.*, { match: /temp/, strategy: period 1 }] }
http: { listen: 8080 }
access: [{ role: read }]
`)
    const toml = read(
      `[devices]
m000 = "10.0.0.1:7147"
anc = { address = "katcp://10.0.0.9", sensors = ["wind.*", { match = "/temp/", strategy = "period 1" }] }
[http]
listen = 8080
[[access]]
role = "read"
`,
      "site.toml"
    )
    assert.deepStrictEqual(toml, yaml)
    assert.deepStrictEqual(read(JSON.stringify(yaml), "site.json"), yaml)
  })

  it("can use variables of the environment", () => {
    assert.strictEqual(read(`devices: { m000: "${variable("ADDRESS")}" }`).devices.m000, "10.0.0.9:7147")
  })

  const mistakes: ReadonlyArray<readonly [what: string, text: string, line: string, name?: string]> = [
    ["a wrong type", "devices: { m000: 7 }", "devices.m000: expected text or keys and values, got 7"],
    [
      "a malformed length of time",
      "devices: {}\narchive: { store: site.db, keep: { raw: 7 parsecs } }",
      "archive.keep.raw: expected a span of time: seconds, or 500ms, 10s, 5min, 2h, 7 days"
    ],
    ["a list for keys", "devices: [m000]", "devices: expected keys and values, got a list"],
    [
      "a malformed address",
      "devices: { m000: 'h:0' }",
      'devices.m000: "h:0" is not an address of a device: a port is 1 to 65535; write h:7147'
    ],
    ["an unknown key at the top", "devices: {}\nhtpp: {}", 'htpp: there is no key "htpp"; did you mean http?'],
    [
      "a key of a later room",
      "devices: {}\nzebra: {}",
      'zebra: there is no key "zebra"; the keys are devices, http, access'
    ],
    [
      "an unknown key of a device",
      "devices: { m000: { address: h, adres: h } }",
      'devices.m000.adres: there is no key "adres"; did you mean address?'
    ],
    ["no devices", "http: { listen: 1 }", "devices: this key is missing"],
    [
      "a malformed name",
      "devices: { m_0: h }",
      'devices.m_0: "m_0" is not allowed here: the name of a device must be a letter, then letters, digits and -, at most 64 in all'
    ],
    [
      "a very long name",
      `devices: { m${"0".repeat(64)}: h }`,
      `devices.m${"0".repeat(64)}: "m${"0".repeat(64)}" is not allowed here: `
    ],
    ["a device twice, in YAML", "devices:\n  m000: a\n  m000: b", "this is not YAML: Duplicate key 'm000' at line 3"],
    [
      "a device twice, in JSON",
      '{ "devices": { "m000": "a",\n "m000": "b" } }',
      "this is not JSON: Duplicate key 'm000' at line 2",
      "site.json"
    ],
    [
      "a device twice, in TOML",
      '[devices]\nm000 = "a"\nm000 = "b"',
      "this is not TOML: Cannot redefine existing key 'm000' at line 3, column ",
      "site.toml"
    ],
    ["malformed YAML", "devices: [", "this is not YAML: "],
    ["text alone", "hello", 'expected keys and values at the top, devices among them; got "hello"'],
    ["an empty file", " \n", "the file is empty; it needs devices"],
    ["an unknown extension", "devices: {}", "the name of a site file ends in .yaml, .yml, .toml or .json", "site.txt"],
    [
      "a missing variable",
      `devices: { m000: "${variable("NOT_THERE")}" }`,
      `devices.m000: ${variable("NOT_THERE")}: the environment has no variable NOT_THERE`
    ],
    ["a variable with a malformed name", `devices: { m000: "${variable("a-b")}" }`, "is not a name of a variable"],
    [
      "a variable without its end",
      `devices: { m000: "${variable("ADDRESS").slice(0, -1)}" }`,
      `devices.m000: the reference to a variable does not end with }; write ${variable("NAME")}`
    ],
    [
      "a number for text, which needs quotes",
      "devices: { m000: { address: h, description: 5.1 } }",
      'devices.m000.description: expected text, got 5.1; write it in quotes: "5.1"'
    ],
    [
      "a number for text, which quotes do not mend",
      "devices: {}\narchive: { store: site.db }\nproxy: { listen: 1, allow: [4] }",
      'proxy.allow[0]: expected text, got 4: "4" names no request: write DEVICE/REQUEST'
    ],
    [
      "a version that may have lost its zero",
      "devices: { m000: { address: h, protocol: 5.0 } }",
      'devices.m000.protocol: the number 5 can be 5.0 or any other 5: write "5.0" or "5.1", in quotes'
    ],
    [
      "an unknown version",
      "devices: {}\nproxy: { listen: 1, protocol: 6 }",
      "proxy.protocol: expected a version of the protocol: 4.0, 5.0 or 5.1"
    ],
    [
      "a number below its range",
      "devices: {}\nhttp: { listen: 1, requestsPerSecond: -3 }",
      "http.requestsPerSecond: expected a value greater than or equal to 0, got -3"
    ],
    [
      "a number above its range",
      "devices: {}\nhttp: { listen: 1 }\nexport: { prometheus: { states: 10001 } }",
      "export.prometheus.states: expected a value between 0 and 10000, got 10001"
    ],
    [
      "a number with a fraction",
      "devices: {}\nexport: { otlp: { url: 'http://h/', states: 1.5 } }",
      "export.otlp.states: expected an integer, got 1.5"
    ],
    [
      "an empty text",
      "devices: {}\nexport: { influx: { url: 'http://h/', measurement: '' } }",
      'export.influx.measurement: expected a value with a length of at least 1, got ""'
    ],
    [
      "an entry of an allow list that names no request",
      "devices: { m000: h }\nproxy: { listen: 0, allow: ['*', track] }",
      'proxy.allow[1]: "track" names no request: write DEVICE/REQUEST, like m000/track or */track'
    ],
    [
      "an entry of an allow list for a request that is never passed on",
      "devices: { m000: h }\ngateway: { allow: ['*', m000/sensor-sampling] }",
      "gateway.allow[1]: m000/sensor-sampling cannot be allowed: it would change the site's own connection"
    ],
    [
      "a time limit of 0",
      "devices: { m000: { address: h, timeout: 0 } }",
      "devices.m000.timeout: expected a time of more than 0, like 1h"
    ],
    [
      "Prometheus without a listener",
      "devices: {}\nexport: { prometheus: {} }",
      "export.prometheus: there is no section http; set the address to listen on: http: { listen: 8080 }"
    ],
    ["nothing for a section", "devices: {}\nhttp:", "http: expected keys and values, got nothing"],
    [
      "a rule that matches an empty name",
      "devices: { m000: { address: h, sensors: [rx.*, ''] } }",
      "devices.m000.sensors[1]: expected a name, a glob (rx.*) or a regular expression (/temp/)"
    ],
    [
      "a malformed expression",
      "devices: { m000: { address: h, sensors: [{ match: /(/ }] } }",
      "devices.m000.sensors[0].match: /(/ is not a regular expression"
    ],
    [
      "an expression that RE2 does not take",
      "devices: { m000: { address: h, sensors: [/(?=a)b/] } }",
      "devices.m000.sensors[0]: /(?=a)b/ is not a regular expression"
    ],
    [
      "a malformed strategy",
      "devices: { m000: { address: h, sensors: [{ match: a, strategy: perod 1 }] } }",
      'devices.m000.sensors[0].strategy: "perod 1" is not a strategy'
    ],
    [
      "a malformed time",
      "devices: { m000: { address: h, timeout: soon } }",
      "devices.m000.timeout: expected a span of time"
    ],
    [
      "a malformed address to listen on",
      "devices: {}\nhttp: { listen: here }",
      "http.listen: expected an address to listen on: PORT or HOST:PORT"
    ],
    [
      "another address than loopback",
      "devices: {}\nhttp: { listen: '0.0.0.0:80' }",
      "http.listen: 0.0.0.0 can be reached from other machines"
    ],
    [
      "a gateway without a listener",
      "devices: {}\ngateway: {}",
      "gateway: there is no section http; set the address to listen on"
    ],
    [
      "a proxy that is not a network",
      "devices: {}\nhttp: { listen: 1, trustedProxies: [10.0.0.0/99] }",
      "http.trustedProxies: "
    ],
    ["an unknown role", "devices: {}\naccess: [{ role: king }]", "access[0].role: expected "],
    [
      "a malformed network",
      "devices: {}\naccess: [{ role: read, network: 10.0.0.0/99 }]",
      'access[0]: "10.0.0.0/99" is not a network'
    ],
    [
      "aliases without end",
      `a: &a [${"x,".repeat(9)}x]\n${["b", "c", "d", "e", "f", "g"].map((key, at) => `${key}: &${key} [${`*${"abcdef"[at]},`.repeat(9)}*${"abcdef"[at]}]`).join("\n")}\n`,
      "it has more than 200000 values"
    ]
  ]
  for (const [what, text, line, name = "site.yaml"] of mistakes)
    it(`refuses ${what}`, () => {
      const lines = faultsOf(text, name)
      assert.strictEqual(lines.length, 1, lines.join("\n"))
      assert.include(lines[0], `${name}: ${line.startsWith("is not a name") ? "" : line}`)
      assert.include(lines[0], line)
    })

  it("reports all mistakes at once, at most twenty", () => {
    const lines = faultsOf(`devices:\n${Array.from({ length: 30 }, (_, at) => `  m${at}: ${at}`).join("\n")}\n`)
    assert.strictEqual(lines.length, 21)
    assert.strictEqual(lines.at(-1), "site.yaml: and 10 more mistakes")
  })

  it("takes versions of the protocol with and without quotes", () => {
    for (const version of ["4.0", '"4.0"', "5.1", "5.1-BIMT", '"5.0"'])
      assert.isTrue(Result.isSuccess(parsed(`devices: { m000: { address: h, protocol: ${version} } }`)), version)
    const { proxy } = read("devices: {}\nproxy: { listen: 1, protocol: 4.0 }")
    assert.strictEqual(`${Proxy.optionsOf(proxy!).server?.protocol}`, "4.0-M")
  })

  it("never shows values from the environment", () => {
    const [line] = faultsOf(`devices: { m000: "${variable("BAD")}" }`)
    assert.strictEqual(line, `site.yaml: devices.m000: the value of "${variable("BAD")}" is not valid here`)
  })

  it.effect("is refused if it is too large, not UTF-8, or unreadable", () =>
    Effect.gen(function* () {
      const why = (name: string) => Effect.map(Effect.flip(loadSite(name)), ({ message }) => message)
      const large = file("large.yaml", `devices: {}\n#${"x".repeat(4_200_000)}`)
      assert.include(yield* why(large), "a site file has at most 4194304")
      assert.include(yield* why(file("latin.yaml", Uint8Array.of(0x61, 0xff))), "it is not UTF-8")
      assert.include(yield* why("/no/such.yaml"), "/no/such.yaml: there is no such file or folder")
      assert.include(yield* why(folder), "it is a folder")
    })
  )
})

describe("the devices of a site file", () => {
  const devices = (text: string, name = path.join(folder, "site.yaml")) => devicesOf(name, read(text))
  it.effect("have keys that show which ones must be reconnected", () =>
    Effect.gen(function* () {
      file("ca.pem", "-----BEGIN CERTIFICATE-----\n")
      const one = `devices:
  a: 10.0.0.1
  b: { address: 10.0.0.1, sensors: [x] }
  c: { address: 10.0.0.1, timeout: 5s }
  d: { address: katcps://h, tls: { ca: ca.pem } }
`
      const before = yield* devices(one)
      const same = yield* devices(one.replace("sensors: [x]", "sensors: [y]"))
      for (const [name, { key }] of before) assert.strictEqual(same.get(name)!.key, key, name)
      file("ca.pem", "-----BEGIN CERTIFICATE-----\nother\n")
      const other = yield* devices(one.replace("5s", "6s"))
      assert.deepStrictEqual(
        Array.from(before).map(([name, { key }]) => other.get(name)!.key === key),
        [true, true, false, false]
      )
    })
  )

  it.effect("have the contract of a file beside the site file", () =>
    Effect.gen(function* () {
      const described = Interface.describe(
        Interface.make("dish").add(Request.make("track", { doc: "Point.", args: { az: Arg.Float }, role: "admin" }))
      )
      file("dish.json", JSON.stringify(described))
      file("other.json", JSON.stringify({ ...described, requests: [{}] }))
      const one = "devices: { a: { address: h, contract: dish.json } }"
      const found = yield* devices(one)
      assert.deepStrictEqual(found.get("a")!.options.contract, described)
      // another contract makes another device
      const plain = yield* devices("devices: { a: { address: h } }")
      assert.notStrictEqual(plain.get("a")!.key, found.get("a")!.key)
      const why = (name: string) =>
        Effect.map(Effect.flip(devices(one.replace("dish.json", name))), ({ faults }) => faults[0]!)
      assert.deepStrictEqual(yield* why("none.json"), {
        path: "devices.a.contract",
        message: "there is no such file or folder"
      })
      assert.match((yield* why("other.json")).message, /contract: .*requests/)
    })
  )

  it.effect("need the files that they name, and TLS for credentials", () =>
    Effect.gen(function* () {
      const why = (text: string) => Effect.map(Effect.flip(devices(text)), ({ faults }) => faults)
      assert.deepStrictEqual(yield* why("devices: { d: { address: katcps://h, tls: { ca: none.pem } } }"), [
        { path: "devices.d.tls.ca", message: "there is no such file or folder" }
      ])
      const [plain] = yield* why("devices: { d: { address: h, tls: { serverName: x } } }")
      assert.include(plain!.message, "h:7147 is dialled without TLS")
    })
  )

  it.effect("have the sensors that their rules select: the first match decides", () =>
    Effect.gen(function* () {
      const site = read(`devices:
  all: h
  some:
    address: h
    sensors:
      - { match: rx.debug.*, strategy: none }
      - { match: /^rx/, strategy: event-rate 0.1 5 }
      - wind
`)
      assert.strictEqual(rulesOf(site).length, 3)
      const { strategyOf } = yield* selectionOf("site.yaml", site)
      const tag = (device: string, sensor: string) => strategyOf(device, sensor)?._tag
      assert.deepStrictEqual(
        [
          tag("all", "anything"),
          tag("some", "rx.temp"),
          tag("some", "wind"),
          tag("some", "rx.debug.x"),
          tag("some", "xrx")
        ],
        ["Auto", "EventRate", "Auto", undefined, undefined]
      )
      const bad = { devices: { d: { address: "h", sensors: ["/(/"] } } }
      assert.include(
        (yield* Effect.flip(selectionOf("site.yaml", bad))).message,
        "site.yaml: devices.d.sensors: /(/ is not a regular expression"
      )
    })
  )
})
