import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Target } from "katcp/Site"

const site = { devices: ["m000", "m001", "anc"], site: "site.yaml" }
const shortOf = (target: Target.Target): string => {
  switch (target._tag) {
    case "Expression":
    case "SiteFile":
      return `${target._tag} ${target.text}`
    case "Address":
      return [target.isHost ? "Host" : "Address", target.address.text, ...target.sensors.map(sensorText)].join(" ")
    case "Device":
      return ["Device", target.device, ...target.sensors.map(sensorText)].join(" ")
    case "Devices":
      return ["Devices", target.glob, ...target.sensors.map(sensorText)].join(" ")
  }
}
const sensorText = ({ kind, text }: Target.SensorPattern) => `${kind}:${text}`
const parsed = (words: ReadonlyArray<string>, context: Target.Context = site) =>
  Result.getOrThrow(Target.parse(words, context)).map(shortOf)
const whyNot = (words: ReadonlyArray<string>, context: Target.Context = site): string => {
  const result = Target.parse(words, context)
  return Result.isFailure(result) ? result.failure.message : assert.fail(`${words} are targets`)
}

describe("Target.parse", () => {
  const rules: ReadonlyArray<readonly [what: string, words: ReadonlyArray<string>, targets: ReadonlyArray<string>]> = [
    ["rule 1: text that begins with / is a regular expression", ["/^m0.*temp/"], ["Expression /^m0.*temp/"]],
    ["rule 1: its / at the end may be left out", ["/^m0.*temp"], ["Expression /^m0.*temp/"]],
    ["rule 1 before rule 2: also if it ends like a file", ["/x.yaml/"], ["Expression /x.yaml/"]],
    ["rule 1 before rule 3: also with a colon", ["/m000:1/"], ["Expression /m000:1/"]],
    ["rule 2: a site file", ["sites/karoo.yaml"], ["SiteFile sites/karoo.yaml"]],
    [
      "rule 2: its other endings",
      ["a.yml", "b.toml", "c.JSON"],
      ["SiteFile a.yml", "SiteFile b.toml", "SiteFile c.JSON"]
    ],
    ["rule 2 before rule 3: also with a colon", ["c:site.yaml"], ["SiteFile c:site.yaml"]],
    ["rule 3: an address", ["dish-7:7148"], ["Address dish-7:7148"]],
    ["rule 3 before rule 4: also if it has a /", ["unix:/run/m000"], ["Address unix:/run/m000"]],
    ["rule 3: an address is not a device of the same name", ["m000:7148"], ["Address m000:7148"]],
    ["rule 4: a device", ["m000"], ["Device m000"]],
    ["rule 4: a sensor", ["m000/rx.temp"], ["Device m000 name:rx.temp"]],
    ["rule 4: up to the first /", ["m000/rx/temp"], ["Device m000 name:rx/temp"]],
    ["rule 4: a glob over sensors", ["m000/rx.*"], ["Device m000 glob:rx.*"]],
    ["rule 4: a glob over devices", ["m0*"], ["Devices m0*"]],
    ["rule 4: globs over both", ["m?0?/rx.*"], ["Devices m?0? glob:rx.*"]],
    ["rule 5: a host", ["dish-7"], ["Host dish-7:7147"]],
    ["rule 4 before rule 5: a device, not the host of that name", ["anc"], ["Device anc"]],
    [
      "sensors behind a device",
      ["m000", "rx.temp", "rx.*", "/temp/"],
      ["Device m000 name:rx.temp glob:rx.* expression:/temp/"]
    ],
    ["sensors behind an address", ["dish-7:1", "rx.temp", "m001"], ["Address dish-7:1 name:rx.temp name:m001"]],
    ["sensors behind a host", ["dish-7", "rx.temp", "site.yaml"], ["Host dish-7:7147 name:rx.temp name:site.yaml"]],
    [
      "behind a device, what has a colon is a target",
      ["m000", "rx.a", "h:1", "rx.b"],
      ["Device m000 name:rx.a name:rx.b", "Address h:1"]
    ],
    [
      "behind a device, what has a / within is a target",
      ["m000", "rx.a", "m001/rx.b"],
      ["Device m000 name:rx.a", "Device m001 name:rx.b"]
    ],
    [
      "behind a device, an expression is of its sensors whatever it holds",
      ["m000", "/a:b\\/c/"],
      ["Device m000 expression:/a:b\\/c/"]
    ],
    ["several whole devices", ["m000/*", "m001/*"], ["Device m000 glob:*", "Device m001 glob:*"]],
    [
      "behind a sensor, words are targets",
      ["m000/rx.a", "m001", "/temp/"],
      ["Device m000 name:rx.a", "Device m001", "Expression /temp/"]
    ],
    ["behind a glob, words are targets", ["m0*", "anc/wind.*"], ["Devices m0*", "Device anc glob:wind.*"]],
    ["behind an expression, words are targets", ["/temp/", "anc"], ["Expression /temp/", "Device anc"]],
    ["no words", [], []]
  ]
  for (const [what, words, targets] of rules) it(what, () => assert.deepStrictEqual(parsed(words), targets))

  const faults: ReadonlyArray<readonly [words: ReadonlyArray<string>, why: string]> = [
    [["/"], "write /temp/"],
    [["/etc/site.yaml"], "text that begins with / is a regular expression; write --site /etc/site.yaml"],
    [["m000", "/"], '"/" is not a regular expression; write /temp/'],
    [["m000/"], "name the sensors; write m000/*"],
    [["m002/rx.temp"], 'site.yaml has no device "m002"; did you mean m000, m001?'],
    [["wind/rx.temp"], 'site.yaml has no device "wind"; it has m000, m001, anc'],
    [["x*"], "no device of site.yaml matches x*; it has m000, m001, anc"],
    [["m000/rx.a", "m01"], 'site.yaml has no device "m01"; did you mean m001, m000?'],
    [
      ["m0*", "rx.*"],
      '"rx.*" is not a glob over devices, whose names have letters, digits and -; for sensors of all devices write */rx.*'
    ],
    [["m_*"], "whose names have letters, digits and -"],
    [["dish-7:99999"], "a port is 1 to 65535"]
  ]
  for (const [words, why] of faults) it(`refuses ${words.join(" ")}`, () => assert.include(whyNot(words), why))

  it("reports a missing site file if one is needed", () => {
    assert.include(
      whyNot(["m0*"], {}),
      "is a pattern for devices of a site file; name one with --site FILE or KATCP_SITE"
    )
    assert.include(whyNot(["m000/rx.temp"], {}), "or write m000 rx.temp for the host of that name")
    assert.include(whyNot(["a:1", "b/c"], {}), "b is not a device of a site file")
    assert.deepStrictEqual(parsed(["m000", "rx.temp"], {}), ["Host m000:7147 name:rx.temp"])
  })
})

describe("Target.compile", () => {
  const meant = (...words: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const targets = yield* Effect.fromResult(Target.parse(words, site))
      const matchers = yield* Effect.forEach(targets, Target.compile)
      return ["m000/rx.temp", "m000/rx.gain", "m001/rx.temp", "anc/wind"].filter((name) => {
        const [device = "", sensor = ""] = name.split("/")
        return matchers.some((matches) => matches(device, sensor))
      })
    })
  it.effect("finds the sensors that targets select", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* meant("m000"), ["m000/rx.temp", "m000/rx.gain"])
      assert.deepStrictEqual(yield* meant("m000", "rx.temp"), ["m000/rx.temp"])
      assert.deepStrictEqual(yield* meant("m000", "/^rx.g/"), ["m000/rx.gain"])
      assert.deepStrictEqual(yield* meant("m*/*temp"), ["m000/rx.temp", "m001/rx.temp"])
      assert.deepStrictEqual(yield* meant("/^m0.*temp|wind$/"), ["m000/rx.temp", "m001/rx.temp", "anc/wind"])
      assert.deepStrictEqual(yield* meant("site.yaml"), yield* meant("*"))
    })
  )
  it.effect("refuses an invalid regular expression, and one that takes exponential time", () =>
    Effect.gen(function* () {
      assert.include((yield* Effect.flip(meant("/(/"))).message, "/(/ is not a regular expression")
      assert.include((yield* Effect.flip(meant("m000", "/(?=a)/"))).message, "is not a regular expression")
      assert.deepStrictEqual(yield* meant("/^(m+)+$/"), [])
    })
  )
})
