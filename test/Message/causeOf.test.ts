/** Why something could not be done, in words (issue 11, point 6). */
import { assert, describe, it } from "@effect/vitest"
import { Message } from "katcp"

const coded = (code: string, more?: object) => Object.assign(new Error(`plain ${code}`), { code, ...more })
const wrapped = (cause: unknown) => new Error("outside", { cause: new Error("inside", { cause }) })

describe("causeOf (P-419)", () => {
  it("finds the innermost known error, and describes it", () => {
    for (const [error, text] of [
      [coded("ECONNREFUSED"), "nothing listens on that port; is the device running, and is the port right?"],
      [wrapped(coded("ENOTFOUND")), "there is no host of that name"],
      [{ reason: 1 }, "[object Object]"],
      [Object.assign(new Error("outer"), { reason: coded("EHOSTUNREACH") }), "the host cannot be reached"],
      [coded("CERT_HAS_EXPIRED"), "its certificate has expired"],
      [
        coded("ERR_TLS_CERT_ALTNAME_INVALID", { reason: "Host", cert: { subjectaltname: "DNS:dish-7" } }),
        "its certificate is for another name (it has DNS:dish-7)"
      ],
      [coded("ENOTHING"), "plain ENOTHING"],
      [coded("toString"), "plain toString"],
      [wrapped(new Error("deep")), "deep"],
      ["text", "text"],
      [undefined, "undefined"]
    ] as const)
      assert.strictEqual(Message.causeOf(error), text)
  })

  it("reports one reason of several addresses once, and different ones for each", () => {
    const refused = (address: string) => coded("ECONNREFUSED", { address })
    const unreachable = coded("ENETUNREACH", { address: "2001:db8::1" })
    const all = (...errors: ReadonlyArray<Error>) => Message.causeOf(wrapped(new AggregateError(errors, "all")))
    assert.strictEqual(all(refused("::1"), refused("127.0.0.1")), Message.causeOf(refused("")))
    assert.strictEqual(
      all(unreachable, refused("192.0.2.1")),
      "2001:db8::1: the network of the host cannot be reached; 192.0.2.1: nothing listens on that port; is the device running, and is the port right?"
    )
  })

  it("ends with errors that are their own cause", () => {
    const loop = new Error("round")
    loop.cause = loop
    assert.strictEqual(Message.causeOf(loop), "round")
  })

  it("is the message of ConnectFailed; for an unknown cause it says where to look", () => {
    const failed = (cause: unknown) => new Message.ConnectFailed({ cause }).message
    assert.strictEqual(
      failed(wrapped(coded("DEPTH_ZERO_SELF_SIGNED_CERT"))),
      "cannot connect: its certificate is self-signed and not trusted here"
    )
    assert.strictEqual(
      failed(new Error("odd")),
      "cannot connect: odd; is the device running, and are host and port right?"
    )
  })
})
