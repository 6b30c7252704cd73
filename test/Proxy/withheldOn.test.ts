/** The requests of a proxy whose arguments no record shows, by their names on the proxy. */
import { Allow } from "katcp/Site"
import { assert, describe, it } from "vitest"
import { withheldOn } from "../../src/Proxy/withheldOn.ts"

describe("the names on a proxy whose arguments are withheld", () => {
  const login = Allow.withholding(Allow.none, "*/login", "m0-1/key")

  it("are those that the allow list withholds, at any device, also with a - in its name", () => {
    const isWithheld = withheldOn({ requests: login })
    for (const name of ["m000-login", "m0-1-login", "m0-1-key"]) assert.isTrue(isWithheld(name), name)
    for (const name of ["login", "m000-login-list", "m0-key", "m000-track", "help", "-"])
      assert.isFalse(isWithheld(name), name)
  })

  it("are those of the device itself on a transparent proxy", () => {
    const isWithheld = withheldOn({ requests: login, transparent: "m0-1" })
    assert.deepStrictEqual(["login", "key", "track"].map(isWithheld), [true, true, false])
  })

  it("are also those of the server's options", () => {
    const audit = { withhold: (name: string) => name.endsWith("-pin") }
    const isWithheld = withheldOn({ requests: login, server: { audit } })
    assert.deepStrictEqual(["m000-pin", "m000-login", "m000-track"].map(isWithheld), [true, true, false])
    assert.deepStrictEqual(["m000-pin", "m000-login"].map(withheldOn({ server: { audit: false } })), [false, false])
  })
})
