import { assert, describe, it } from "@effect/vitest"
import { Arg, Interface, Message, Request, Sensor } from "katcp"

const make = (...items: ReadonlyArray<Request.Any | Sensor.Any>) =>
  Interface.describe(Interface.make("dish", { version: "dish-1" }).add(...items))
const lines = (changes: ReadonlyArray<Interface.Change>) => Interface.formatChanges(changes).split("\n")

describe("compare: requests", () => {
  const stow = Request.make("stow", { doc: "Stow." })
  const between = (before: Request.Any, after: Request.Any) => lines(Interface.compare(make(before), make(after)))
  const { Protocol } = Message

  it("that are added and removed", () => {
    const other = Request.raw("other", { doc: "Other." })
    assert.deepStrictEqual(between(stow, other), [
      'breaking: ?stow: removed "Stow." (the device does not know it)',
      'compatible: ?other: added "Other." (clients do not know of it)'
    ])
  })

  it("in another order are the same", () => {
    const other = Request.raw("other", { doc: "Other." })
    assert.deepStrictEqual(Interface.compare(make(stow, other), make(other, stow)), [])
  })

  it("that lose or gain their signature", () => {
    const raw = Request.raw("stow", { doc: "Stow." })
    const told = "(its arguments and replies cannot be compared)"
    assert.deepStrictEqual(between(stow, raw), [`breaking: ?stow: signature "typed" -> "raw" ${told}`])
    assert.deepStrictEqual(between(raw, stow), [`breaking: ?stow: signature "raw" -> "typed" ${told}`])
  })

  it("with other descriptions", () => {
    assert.deepStrictEqual(between(stow, Request.make("stow", { doc: "Stow it." })), [
      'compatible: ?stow: doc "Stow." -> "Stow it." (it is for people)'
    ])
    const [one, other] = [Request.raw("a", { doc: "", usage: "?a x" }), Request.raw("a", { doc: "", usage: "?a y" })]
    assert.deepStrictEqual(between(one, other), ['compatible: ?a: usage "?a x" -> "?a y" (it is for people)'])
  })

  it("with other hints and order", () => {
    const after = Request.make("stow", { doc: "Stow.", timeoutHint: "30 seconds", concurrency: "serial" })
    assert.deepStrictEqual(between(stow, after), [
      'compatible: ?stow: concurrency "serial" (replies may come in another order)',
      'compatible: ?stow: timeout-hint "30" (it is a hint, in seconds)'
    ])
  })

  it("that need more of the protocol, or less", () => {
    const needs = (...version: Parameters<typeof Protocol.make>) =>
      Request.make("stow", { doc: "Stow.", requires: Protocol.make(...version) })
    assert.deepStrictEqual(between(stow, needs(5, 0)), ['breaking: ?stow: requires "5.0" (fewer devices have it)'])
    assert.match(between(needs(5, 0), needs(5, 1, "T"))[0]!, /^breaking.*"5.0" -> "5.1-T"/)
    assert.match(between(needs(5, 1, "T"), needs(5, 1, "BT"))[0]!, /^breaking/)
    assert.match(between(needs(5, 1, "T"), needs(5, 0))[0]!, /^compatible/)
    assert.match(between(needs(5, 1, "T"), stow)[0]!, /^compatible/)
    // where it is known what is spoken, only that counts
    const spoken = { ...make(needs(5, 1, "T")), protocol: "5.1-IT" }
    assert.match(
      lines(Interface.compare({ ...make(stow), protocol: "5.1-IT" }, spoken))[0]!,
      /^compatible: .stow: requires/
    )
    const lacking = { ...make(needs(5, 1, "T")), protocol: "5.1-I" }
    assert.match(
      lines(Interface.compare({ ...make(stow), protocol: "5.1-I" }, lacking))[0]!,
      /^breaking: .stow: requires/
    )
  })
})

describe("compare: sensors", () => {
  // biome-ignore lint/suspicious/noExplicitAny: sensors of any type
  type Options = Partial<Sensor.Options<any>>
  const mode = (options: Options) =>
    make(Sensor.remote("mode", { doc: "Mode", type: Arg.Float, units: "m", ...options }))
  const between = (before: Options, after: Options) => lines(Interface.compare(mode(before), mode(after)))

  it("that are added and removed", () => {
    assert.deepStrictEqual(lines(Interface.compare(mode({}), make())), [
      'breaking: sensor mode: removed "Mode" (clients that ask for it fail)'
    ])
    assert.match(lines(Interface.compare(make(), mode({})))[0]!, /^compatible: sensor mode: added/)
  })

  it("of another type, even if its values could be read", () => {
    assert.deepStrictEqual(between({}, { type: Arg.Int }), [
      'breaking: sensor mode: type "float" -> "integer" (the device reports another type)'
    ])
  })

  it("with more values, or fewer", () => {
    const [two, three] = [Arg.Discrete("a", "b"), Arg.Discrete("a", "b", "c")]
    assert.deepStrictEqual(between({ type: two }, { type: three }), [
      'breaking: sensor mode: type "discrete (a, b)" -> "discrete (a, b, c)" (it has values that clients do not know)'
    ])
    assert.match(between({ type: three }, { type: two })[0]!, /^compatible: sensor mode: type/)
    const narrow = Arg.between(Arg.Float, { minimum: 0, maximum: 1 })
    assert.match(between({ type: narrow }, { type: Arg.Float })[0]!, /^breaking.*"float from 0 to 1" -> "float"/)
    assert.match(between({ type: Arg.Float }, { type: narrow })[0]!, /^compatible/)
  })

  it("in other units", () => {
    assert.deepStrictEqual(between({}, { units: "km" }), [
      'breaking: sensor mode: units "m" -> "km" (values mean something else)'
    ])
  })

  it("with other ranges, initial values and descriptions", () => {
    assert.deepStrictEqual(between({}, { nominal: [0, 1], warn: [-1, 2], initial: 0, status: "nominal", doc: "M" }), [
      'compatible: sensor mode: nominal-range "0 to 1" (it rates values, and does not restrict them)',
      'compatible: sensor mode: warn-range "-1 to 2" (it rates values, and does not restrict them)',
      'compatible: sensor mode: initial "nominal 0.0" (clients ask for the present reading)',
      'compatible: sensor mode: doc "Mode" -> "M" (it is for people)'
    ])
  })
})

describe("compare: the whole", () => {
  const base = make()
  const of = (after: Partial<Interface.ContractDescription>, before: Partial<Interface.ContractDescription> = {}) =>
    lines(Interface.compare({ ...base, ...before }, { ...base, ...after }))

  it("changes of names are compatible", () => {
    assert.deepStrictEqual(of({ id: "dash", version: "dash-1", build: "dash-1.1" }), [
      'compatible: contract: id "dish" -> "dash" (it is a name)',
      'compatible: contract: version "dish-1" -> "dash-1" (it is a name)',
      'compatible: contract: build "dish-1" -> "dash-1.1" (it is a name)'
    ])
  })

  it("a protocol without a required feature breaks clients", () => {
    const from = (before: string, after: string) => of({ protocol: after }, { protocol: before })[0]!
    assert.strictEqual(
      from("5.1-BIMT", "5.1-BIM"),
      'breaking: contract: protocol "5.1-BIMT" -> "5.1-BIM" (clients may rely on a missing version or flag)'
    )
    for (const [before, after] of [
      ["5.1-IM", "5.0-IM"],
      ["4.0", "5.0"],
      ["5.0-I", "4.0"]
    ] as const)
      assert.match(from(before, after), /^breaking/)
    assert.match(from("5.0-IM", "5.1-BIMT"), /^compatible/)
    // a flag that the version does not have is nothing to rely on
    assert.match(from("5.0-BIM", "5.0-IM"), /^compatible/)
    assert.match(of({ protocol: "5.0" })[0]!, /^compatible/)
  })

  it("standard requests and components of two devices", () => {
    const device = (standard: ReadonlyArray<string>, version: string) => ({
      device: { standard, versions: [{ name: "library", version, build: "b" }], notes: [version] }
    })
    assert.deepStrictEqual(of(device(["help", "halt"], "2"), device(["help", "restart"], "1")), [
      'breaking: ?restart: removed "standard" (the device does not know it)',
      'compatible: ?halt: added "standard" (clients do not know of it)',
      'compatible: contract: component "1 b" -> "2 b" (it is the version of library)'
    ])
    // one that was not asked has not lost them
    assert.deepStrictEqual(Interface.compare(base, { ...base, ...device(["help"], "1") }), [])
  })

  it("text is shortened to one line", () => {
    const [line, ...others] = of({ id: `a\n${"b".repeat(100)}` })
    assert.deepStrictEqual(others, [])
    assert.strictEqual(line, `compatible: contract: id "dish" -> "a\\n${"b".repeat(58)}..." (it is a name)`)
  })

  it("formatChanges puts what breaks first", () => {
    const changes = Interface.compare(make(Request.raw("a", { doc: "" })), make(Request.raw("b", { doc: "" })))
    assert.deepStrictEqual(changes.map(Interface.isBreaking), [true, false])
    assert.strictEqual(Interface.formatChanges([...changes].reverse()), Interface.formatChanges(changes))
  })
})
