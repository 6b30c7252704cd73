import { assert, describe, it } from "@effect/vitest"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import { Address, Arg } from "katcp/Codec"
import { fault, reads, refuses, refusesToWrite, writes } from "./support.ts"

describe("Address", () => {
  it("Arg.Address reads IPv4 and [IPv6] with or without a port (P-080, A-190, B-104)", () => {
    reads(Arg.Address, [
      ["127.0.0.1", Address.make("127.0.0.1")],
      ["192.168.1.1:4000", Address.make("192.168.1.1", 4000)],
      ["[::1]", Address.make("::1")],
      ["[::1]:80", Address.make("::1", 80)],
      ["[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:4000", Address.make("2001:db8:85a3::8a2e:370:7334", 4000)],
      ["[::FFFF:1.2.3.4]:0", Address.make("::ffff:1.2.3.4", 0)],
      ["0.0.0.0:65535", Address.make("0.0.0.0", 65535)]
    ])
  })

  it("refuses names, bare IPv6 and bad ports (P-080, B-104)", () => {
    refuses(Arg.Address, ["", "::1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "localhost", "localhost:80", "1.2.3.4:70000"])
    refuses(Arg.Address, ["1.2.3.4:", "1.2.3.4:-1", "1.2.3.4:http", "1.2.3.4 :80", " 1.2.3.4", "1.2.3.4:80:90"])
    refuses(Arg.Address, [
      "[::1",
      "[]",
      "[::1]80",
      "[::1]:",
      "[::1]:65536",
      "[1.2.3.4]",
      "[::1%eth0]",
      "[:::1]",
      "[[::1]]"
    ])
    refuses(Arg.Address, ["1".repeat(1000), Uint8Array.of(0xff), "1.2.3.4:٣"])
    assert.strictEqual(
      fault(Arg.Address, "::1"),
      'expected an address: IPv4 or [IPv6], with or without :port, got "::1"'
    )
  })

  it("writes the host as inet_ntop does (P-080)", () => {
    writes(Arg.Address, [
      [Address.make("192.168.1.1"), "192.168.1.1"],
      [Address.make("192.168.1.1", 0), "192.168.1.1:0"],
      [Address.make("2001:0DB8:0:0:1:0:0:1", 4000), "[2001:db8::1:0:0:1]:4000"],
      [Address.make("::"), "[::]"],
      [Address.make("::ffff:1.2.3.4"), "[::ffff:1.2.3.4]"]
    ])
    refusesToWrite(Arg.Address, ["1.2.3.4", undefined, null, { host: "1.2.3.4" }])
  })

  it("make and parse check their input (B-104)", () => {
    assert.throws(() => Address.make("localhost"))
    for (const port of [-1, 65536, 1.5, Number.NaN]) assert.throws(() => Address.make("1.2.3.4", port), RangeError)
    assert.isTrue(Option.isNone(Address.parse("host:1")))
    assert.strictEqual(Option.getOrThrow(Address.parse("[::1]:1")).port, 1)
    assert.strictEqual(Address.make(Uint8Array.of(10, 0, 0, 1)).toString(), "10.0.0.1")
    assert.strictEqual(JSON.stringify({ at: Address.make("10.0.0.1", 5) }), '{"at":"10.0.0.1:5"}')
  })

  it("is equal by host and port, with one hash (B-104)", () => {
    const one = Address.make("::1", 80)
    assert.isTrue(Equal.equals(one, Address.make("0:0::1", 80)))
    assert.strictEqual(Hash.hash(one), Hash.hash(Address.make("0:0::1", 80)))
    assert.isFalse(Equal.equals(one, Address.make("::1")))
    assert.isFalse(Equal.equals(one, Address.make("::2", 80)))
    assert.isFalse(Arg.Address.equals(Address.make("1.2.3.4", 1), Address.make("::ffff:1.2.3.4", 1)))
  })

  it("an IPv4 peer of an IPv6 socket is shown as IPv4 (Q-23)", () => {
    const socket = (text: string) => NetAddress.inetAddressFromStringUnsafe(text)
    assert.strictEqual(Address.fromInet(socket("[::ffff:1.2.3.4]:5000")).toString(), "1.2.3.4:5000")
    assert.strictEqual(Address.fromInet(socket("[::1]:5000")).toString(), "[::1]:5000")
    assert.strictEqual(Address.fromInet(socket("127.0.0.1:5000")).toString(), "127.0.0.1:5000")
    assert.strictEqual(Address.fromInet(socket("[fe80::1%3]:5000")).toString(), "[fe80::1]:5000")
    assert.strictEqual(Address.make("::ffff:1.2.3.4").unmapped().toString(), "1.2.3.4")
  })
})
