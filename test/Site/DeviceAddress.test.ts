import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Schema from "effect/Schema"
import { DeviceAddress } from "katcp/Site"

const textOf = (text: string): string => Result.getOrThrow(DeviceAddress.parse(text)).text
const whyNot = (text: string): string => {
  const result = DeviceAddress.parse(text)
  return Result.isFailure(result) ? result.failure.message : assert.fail(`${text} is an address`)
}

describe("DeviceAddress.parse", () => {
  const forms: ReadonlyArray<readonly [given: string, text: string]> = [
    ["dish-7", "dish-7:7147"],
    ["dish-7:", "dish-7:7147"],
    [" dish-7:7148 ", "dish-7:7148"],
    ["DISH_7.example.org:1", "DISH_7.example.org:1"],
    ["10.0.0.7:65535", "10.0.0.7:65535"],
    ["::1", "[::1]:7147"],
    ["[::1]", "[::1]:7147"],
    ["[fd00::7]:7148", "[fd00::7]:7148"],
    ["fe80::1%eth0", "[fe80::1%eth0]:7147"],
    ["ws:7147", "ws:7147"],
    ["katcp://dish-7", "dish-7:7147"],
    ["KATCP://dish-7:7148/", "dish-7:7148"],
    ["katcp://[fe80::1%25eth0]:7148", "[fe80::1%eth0]:7148"],
    ["katcps://dish-7", "katcps://dish-7:7147"],
    ["katcps://[::1]:7149", "katcps://[::1]:7149"],
    ["ws://dish-7", "ws://dish-7/"],
    ["ws://dish-7:8080/katcp?a=b", "ws://dish-7:8080/katcp?a=b"],
    ["wss://[::1]/katcp", "wss://[::1]/katcp"],
    ["unix:/run/dish 7.sock", "unix:/run/dish 7.sock"],
    ["unix:///run/dish-7.sock", "unix:/run/dish-7.sock"]
  ]
  for (const [given, text] of forms) it(`reads ${given}`, () => assert.strictEqual(textOf(given), text))

  it("returns the address to dial", () => {
    assert.deepStrictEqual(Result.getOrThrow(DeviceAddress.parse("katcps://[::1]:7149")), {
      _tag: "Tcp",
      host: "::1",
      port: 7149,
      secure: true,
      text: "katcps://[::1]:7149"
    })
    assert.deepInclude(Result.getOrThrow(DeviceAddress.parse("wss://[::1]/katcp")), {
      host: "::1",
      port: 443,
      secure: true,
      url: "wss://[::1]/katcp"
    })
    assert.deepInclude(Result.getOrThrow(DeviceAddress.parse("ws://dish-7/")), { port: 80, secure: false })
    assert.deepInclude(Result.getOrThrow(DeviceAddress.parse("unix:/run/x")), { _tag: "Unix", path: "/run/x" })
  })

  const faults: ReadonlyArray<readonly [given: string, why: string]> = [
    ["", "it is empty; write HOST or HOST:PORT"],
    [":7147", "the host is missing; write localhost:7147"],
    ["dish-7:99999", "a port is 1 to 65535; write dish-7:7147"],
    ["dish-7:0", "a port is 1 to 65535; write dish-7:7147"],
    ["dish-7:x", "a port is 1 to 65535; write dish-7:7147"],
    ["[::1]:0", "a port is 1 to 65535; write [::1]:7147"],
    ["1:2:3]", "write HOST or HOST:PORT, like dish-7:7147"],
    ["[dish-7]:7147", '"dish-7" is not a host name or IP address; write HOST or HOST:PORT, like dish-7:7147'],
    ["dish!7:7148", '"dish!7" is not a host name or IP address; write HOST or HOST:PORT, like dish7:7148'],
    ["dish 7:7148", "it has a space or a control character"],
    ["katcp:dish-7:7148", "an address with a scheme has ://; write katcp://dish-7:7148"],
    ["katcps:/dish-7", "an address with a scheme has ://; write katcps://dish-7"],
    ["katcp://", "the host is missing; write katcp://localhost"],
    ["katcp://dish-7/rx.temp", "an address of this scheme has no path; write katcp://dish-7"],
    ["dish-7:7148/rx.temp", "sensors follow as separate words; write dish-7:7148 rx.temp"],
    ["katcp://me:secret@dish-7:7148", "an address has no user or password; write katcp://dish-7:7148"],
    ["ws://me:secret@dish-7/katcp", "an address has no user or password; write ws://dish-7/katcp"],
    ["ws://", "the host is missing; write ws://localhost"],
    ["ws://:8080", "the host is missing; write ws://localhost:8080"],
    ["ws://dish-7/#x", "an address has no fragment (#…); write ws://dish-7/"],
    ["ws://dish-7:99999/", "write ws://HOST:PORT/PATH, like ws://dish-7:8080/katcp"],
    ["http://dish-7/katcp", "did you mean ws://dish-7/katcp?"],
    ["https://dish-7/katcp", "did you mean wss://dish-7/katcp?"],
    ["tls://dish-7:7149", "did you mean katcps://dish-7:7149?"],
    ["katpc://dish-7", "did you mean katcp://dish-7?"],
    ["ftp-over-pigeons://dish-7", "katcp://, katcps://, ws://, wss:// and unix:/path are known"],
    ["constructor://dish-7", "katcp://, katcps://, ws://, wss:// and unix:/path are known"],
    ["unix:run/dish.sock", "the path of a Unix socket begins with /; write unix:/run/dish.sock"],
    ["unix:", "the path of a Unix socket begins with /; write unix:/run/dish-7.sock"],
    ["unix:/", "the path is missing; write unix:/run/dish-7.sock"],
    [`unix:/${"x".repeat(107)}`, "the path of a Unix socket has at most 107 bytes"],
    ["x".repeat(3000), "it is longer than 2048 characters"]
  ]
  for (const [given, why] of faults)
    it(`refuses ${given.slice(0, 40)}`, () =>
      assert.include(whyNot(given), `is not an address of a device: ${why}`.replace(/^.*(did you mean)/, "$1")))

  it("never shows a password", () => {
    for (const text of ["katcp://me:secret@dish-7", "ws://me:secret@dish-7/"]) assert.notInclude(whyNot(text), "secret")
  })

  it.prop("never throws, and reads back its own output", { text: Schema.String }, ({ text }) => {
    for (const given of [text, `katcp://${text}`, `katcps://${text}`, `ws://${text}`, `unix:/${text}`, `[${text}]:1`]) {
      const result = DeviceAddress.parse(given)
      if (Result.isSuccess(result)) assert.deepStrictEqual(DeviceAddress.parse(result.success.text), result)
    }
  })

  it("suggests other addresses of a device", () => {
    const at = (text: string) =>
      Result.getOrThrow(DeviceAddress.parse(text)) as Parameters<typeof DeviceAddress.over>[0]
    assert.strictEqual(DeviceAddress.over(at("[::1]:7148"), "katcps"), "katcps://[::1]:7148")
    assert.strictEqual(DeviceAddress.over(at("ws://dish-7/katcp"), "wss"), "wss://dish-7:80/katcp")
    assert.strictEqual(DeviceAddress.over(at("ws://dish-7/katcp"), "katcp"), "katcp://dish-7:80")
  })
})
