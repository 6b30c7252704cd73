import { assert, describe, it } from "@effect/vitest"
import { Sampling } from "katcp"
import { Allow, Selection } from "katcp/Site"

const { Strategy } = Sampling

describe("an allow list", () => {
  it("allows what a pattern names, and nothing else", () => {
    const allow = Allow.only("m000/track", "m1*/stow", "*/watchdog", "/^anc\\/wind/")
    assert.isTrue(allow.permits("m000", "track"))
    assert.isFalse(allow.permits("m001", "track"))
    assert.isTrue(allow.permits("m100", "stow"))
    assert.isTrue(allow.permits("anything", "watchdog"))
    assert.isTrue(allow.permits("anc", "wind-stow"))
    assert.isFalse(allow.permits("m000", "wind-stow"))
    assert.isFalse(Allow.none.permits("m000", "watchdog"))
  })

  it("withholds the arguments of requests that a pattern names, permitted or not", () => {
    const allow = Allow.withholding(Allow.withholding(Allow.only("*/login"), "*/login"), "m000/set-*", "/^anc\\/key/")
    for (const [device, request, wanted] of [
      ["m001", "login", true],
      ["m000", "set-password", true],
      ["m001", "set-password", false],
      ["anc", "key-one", true],
      ["m000", "track", false]
    ] as const)
      assert.strictEqual(allow.withholds?.(device, request), wanted, `${device}/${request}`)
    assert.isTrue(allow.permits("m000", "login"))
    assert.isFalse(allow.permits("m000", "set-password"))
    assert.isUndefined(Allow.none.withholds)
  })

  it("withholds for an allow list of any class", () => {
    class Own {
      readonly patterns = ["*/x"]
      permits(device: string, request: string) {
        return device === "m000" && this.patterns.includes(`*/${request}`)
      }
    }
    const allow = Allow.withholding(new Own(), "*/x")
    assert.isTrue(allow.permits("m000", "x"))
    assert.isFalse(allow.permits("m001", "x"))
    assert.isTrue(allow.withholds!("m000", "x"))
  })

  it("refuses an entry without a request, which would allow all of a device", () => {
    for (const entry of ["m000", "m000/", "*/"]) assert.include(Allow.faultIn(entry), "names no request", entry)
    for (const entry of ["*", "m000/*", "/^m0/"]) assert.isUndefined(Allow.faultIn(entry), entry)
  })

  it("never covers halt, restart, log-level or requests of role admin by a wildcard or an expression", () => {
    for (const pattern of ["*", "*/*", "m000/*", "m000/h*", "m000/????", "/./"]) {
      const allow = Allow.only(pattern)
      for (const request of ["halt", "restart", "log-level", "log-default", "log-override"])
        assert.isFalse(allow.permits("m000", request), `${pattern} ${request}`)
      assert.isFalse(allow.permits("m000", "wipe", "admin"), pattern)
    }
    assert.isTrue(Allow.only("*").permits("m000", "track"))
    assert.isTrue(Allow.only("*/halt").permits("m000", "halt"))
    assert.isTrue(Allow.only("m000/wipe").permits("m000", "wipe", "admin"))
    assert.isFalse(Allow.only("m000/wipe").permits("m001", "wipe", "admin"))
  })

  it("never covers a request that changes the connection on which it arrives, not even by its name", () => {
    for (const request of ["sensor-sampling", "sensor-sampling-clear", "log-limit", "client-config"]) {
      const allow = Allow.only("*", `*/${request}`, `m000/${request}`, "/./")
      assert.isFalse(allow.permits("m000", request), request)
      assert.include(Allow.faultIn(`*/${request}`), `*/${request} cannot be allowed`)
    }
    for (const pattern of ["*", "*/*", "m000/sensor-*", "/sensor-sampling/", "m000/track"])
      assert.isUndefined(Allow.faultIn(pattern), pattern)
  })

  it("explains an invalid pattern", () => {
    assert.throws(() => Allow.only(""), TypeError, "device/sensor")
    assert.throws(() => Allow.only("/(/"), TypeError, "not a regular expression")
    assert.throws(() => Allow.only("/"), TypeError, '"/" is not a regular expression')
    assert.throws(() => Allow.only("/(?=a)b/"), TypeError, "not a regular expression")
  })

  it("takes linear time for any expression and any name", () => {
    // the expressions of the platform would take years for the first one
    const names = [`${"a".repeat(60)}!`, "a".repeat(60), "\udcff", "__proto__", "日本", ""]
    const found = names.filter((name) => Allow.only("/^m000\\/(a+)+$/").permits("m000", name))
    assert.deepStrictEqual(found, ["a".repeat(60)])
    const { strategyOf } = Selection.make([{ match: Selection.within("m000", "/^(a|a)*$/") }])
    assert.isUndefined(strategyOf("m000", names[0]!))
    assert.isDefined(strategyOf("m000", names[1]!))
  })
})

describe("a selection", () => {
  it("uses the first matching rule", () => {
    const selection = Selection.make([
      { match: "m000/debug.*", strategy: Strategy.none },
      { match: "*/wind.*", strategy: Strategy.period("1 second") },
      /temp$/,
      "m0*"
    ])
    assert.strictEqual(selection.ruleOf("m000", "debug.wind.x"), 0)
    assert.isUndefined(selection.strategyOf("m000", "debug.x"))
    assert.deepStrictEqual(selection.strategyOf("anc", "wind.speed"), Strategy.period("1 second"))
    assert.deepStrictEqual(selection.strategyOf("anc", "rx.temp"), Strategy.auto)
    assert.deepStrictEqual(selection.strategyOf("m001", "debug.x"), Strategy.auto)
    assert.isUndefined(selection.strategyOf("anc", "rain"))
    assert.strictEqual(selection.ruleOf("anc", "rain"), -1)
  })

  it("samples every sensor by auto unless configured otherwise", () => {
    assert.deepStrictEqual(Selection.everything.strategyOf("m000", "any/thing at all"), Strategy.auto)
  })

  it("lists the strategies of a device, each once", () => {
    const selection = Selection.make([
      { match: "m000/a", strategy: Strategy.event },
      { match: "*/b", strategy: Strategy.event },
      { match: "m001", strategy: Strategy.period("1 second") },
      "/x/"
    ])
    assert.deepStrictEqual(selection.strategiesFor("m000"), [Strategy.event, Strategy.auto])
    assert.deepStrictEqual(selection.strategiesFor("m001"), [
      Strategy.event,
      Strategy.period("1 second"),
      Strategy.auto
    ])
  })

  it("names the invalid rule", () => {
    assert.throws(
      () => Selection.make(["m000", "/(/"]),
      TypeError,
      "rule 2 of the selection: /(/ is not a regular expression"
    )
    // @ts-expect-error a rule needs a pattern
    assert.throws(() => Selection.make([{ strategy: Strategy.event }]), TypeError, "match")
  })
})
