/** A gate before a device whose clients come by somebody else (issue "Trust", 2). */
import { assert, describe, it } from "@effect/vitest"
import { Server } from "katcp"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => new TextDecoder().decode(data)
/** Passed and refused input, and the reasons for disconnecting, for any pieces of the input. */
const through = (role: "read" | "control" | "admin", input: string, size = input.length) => {
  const gate = new Server.Gate({ role, from: "10.0.0.7:50001", maxLine: 1000 })
  let pass = ""
  let refusals = ""
  for (let at = 0; at < input.length; at += size) {
    const gated = gate.take(bytes(input.slice(at, at + size)))
    if (gated.disconnect !== undefined) return { pass, refusals, disconnect: gated.disconnect }
    pass += text(gated.pass)
    refusals += text(gated.refusals)
  }
  return { pass, refusals, disconnect: undefined }
}

describe("a gate (P-407)", () => {
  const input = "?help\r\n?track[3] 1\\_2\n#note x\nwhat is this\n?halt\n?log-level\n?log-level info\n"

  it("passes on the requests of the role, in whole lines, and answers the others", () => {
    for (const size of [1, 5, 1000]) {
      assert.deepStrictEqual(through("read", input, size), {
        pass: "?help\n#note x\nwhat is this\n?log-level\n",
        refusals: [
          "!track[3] fail ?track\\_needs\\_the\\_role\\_control;\\_10.0.0.7:50001\\_has\\_read.\n",
          "!halt fail ?halt\\_needs\\_the\\_role\\_admin;\\_10.0.0.7:50001\\_has\\_read.\n",
          "!log-level fail ?log-level\\_needs\\_the\\_role\\_admin;\\_10.0.0.7:50001\\_has\\_read.\n"
        ].join(""),
        disconnect: undefined
      })
      assert.strictEqual(
        through("control", input, size).pass,
        "?help\n?track[3] 1\\_2\n#note x\nwhat is this\n?log-level\n"
      )
    }
  })

  it("passes on the bytes of an admin unchanged", () => {
    for (const size of [1, 5, 1000])
      assert.deepStrictEqual(through("admin", input, size), { pass: input, refusals: "", disconnect: undefined })
  })

  it("refuses web pages and TLS, with all their lines", () => {
    for (const role of ["read", "admin"] as const)
      for (const size of [1, 7, 1000]) {
        const page = through(role, "POST / HTTP/1.1\r\nHost: x\r\n\r\n?halt\n", size)
        assert.strictEqual(page.disconnect, "This port speaks KATCP, not HTTP.")
        assert.notInclude(page.pass, "halt")
        const long = through(role, `GET /${"a".repeat(2000)} HTTP/1.1\r\n?halt\n`, size)
        assert.strictEqual(long.disconnect, "This port speaks KATCP, not HTTP.")
        assert.strictEqual(
          through(role, "\x16\x03\x01\n?halt\n", size).disconnect,
          "This port speaks KATCP without TLS."
        )
        assert.strictEqual(
          through(role, "!a / HTTP/1.1\n?halt\n", size).disconnect,
          "This port speaks KATCP, not HTTP."
        )
      }
  })

  it("uses the roles of the contract's requests, if it is given them", () => {
    const requests = new Map([
      ["track", { role: "read" as const }],
      ["stow", { role: "admin" as const }],
      ["park", {}]
    ])
    const gate = new Server.Gate({ role: "control", from: "10.0.0.7:50001", requests })
    assert.deepStrictEqual(text(gate.take(bytes("?track\n?stow\n?park\n?other\n")).pass), "?track\n?park\n?other\n")
    const reader = new Server.Gate({ role: "read", from: "10.0.0.7:50001", requests })
    assert.deepStrictEqual(text(reader.take(bytes("?track\n?stow\n?park\n?other\n")).pass), "?track\n")
  })
})
