import { assert, describe, it } from "@effect/vitest"
import { Arg, Interface, Message, Request, Sensor } from "katcp"

const { Protocol } = Message

const Dish = Interface.make("dish").add(
  Request.make("point", { doc: "Point.", args: { az: Arg.Float }, timeoutHint: "30 seconds" }),
  Request.raw("any", { doc: "Any." }),
  Sensor.make("az", {
    doc: "Azimuth",
    type: Arg.between(Arg.Float, { minimum: -180 }),
    units: "deg",
    nominal: [-90, 90]
  }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" }),
  Sensor.make("peer", { doc: "Peer", type: Arg.Address })
)

/** The result of importing a device with it. */
const imported: Interface.ContractDescription = {
  format: "katcp-contract-1",
  id: "other",
  version: "other-1",
  build: "other-1",
  protocol: "5.1-BIMT",
  requests: [
    { kind: "raw", name: "point", doc: "Other words.", usage: "?point", timeoutHint: 30 },
    { kind: "raw", name: "any", doc: "", usage: "?any" }
  ],
  sensors: [
    { name: "az", doc: "Other words.", units: "deg", type: { kind: "float" }, nominal: [-90, 90] },
    { name: "mode", doc: "Mode", units: "", type: { kind: "discrete", options: ["stow", "track"] } },
    { name: "peer", doc: "Peer", units: "", type: { kind: "address" } }
  ],
  device: { versions: [], standard: ["help", "watchdog"], notes: [] }
}

const check = (change: Partial<Interface.ContractDescription>, contract: Interface.ContractItems = Dish) =>
  Interface.check(contract, { ...imported, ...change }).map(Interface.formatChange)
const [point, any] = imported.requests
const [az, mode, peer] = imported.sensors

describe("check", () => {
  it("finds nothing on a device that keeps the contract, whatever its texts", () => {
    assert.deepStrictEqual(check({}), [])
  })

  it("finds missing items", () => {
    assert.deepStrictEqual(check({ requests: [any!], sensors: [az!, peer!] }), [
      'breaking: ?point: removed "Point." (the device does not know it)',
      'breaking: sensor mode: removed "Mode" (clients that ask for it fail)'
    ])
  })

  it("finds sensors that differ", () => {
    const others: ReadonlyArray<Interface.SensorDescription> = [
      { ...az!, units: "rad", nominal: [-1, 1] },
      { ...mode!, type: { kind: "discrete", options: ["stow", "track", "slew"] } },
      { ...peer!, type: { kind: "string" } }
    ]
    assert.deepStrictEqual(check({ sensors: others }), [
      'breaking: sensor az: units "deg" -> "rad" (values mean something else)',
      'compatible: sensor az: nominal-range "-90 to 90" -> "-1 to 1" (it rates values, and does not restrict them)',
      'breaking: sensor mode: type "discrete (stow, track)" -> "discrete (stow, track, slew)" (it has values that clients do not know)',
      'breaking: sensor peer: type "address" -> "string" (the device reports another type)'
    ])
    assert.match(
      check({ sensors: [az!, { ...mode!, type: { kind: "discrete", options: ["stow"] } }, peer!] })[0]!,
      /^compatible/
    )
  })

  it("reports additional items", () => {
    const more = { ...az!, name: "el" }
    assert.deepStrictEqual(
      check({ sensors: [...imported.sensors, more], requests: [...imported.requests, { ...any!, name: "x" }] }),
      [
        'compatible: ?x: added "" (clients do not know of it)',
        'compatible: sensor el: added "Other words." (clients do not know of it)'
      ]
    )
  })

  it("compares hints only if the device reports them", () => {
    const { timeoutHint: _, ...unhinted } = point!
    const requests = [unhinted, any!]
    assert.deepStrictEqual(check({ requests }), ['compatible: ?point: timeout-hint "30" (it is a hint, in seconds)'])
    assert.deepStrictEqual(check({ requests, protocol: "5.1-BIM" }), [])
  })

  it("expects neither addresses nor warning limits from version 4 (P-312, P-315)", () => {
    const warned = Interface.make("dish").add(
      Sensor.make("az", { doc: "Az", type: Arg.Float, nominal: [0, 1], warn: [-1, 2] })
    )
    const sensors = [{ name: "az", doc: "Az", units: "", type: { kind: "float" }, nominal: [0, 1] } as const]
    assert.deepStrictEqual(check({ requests: [], sensors, protocol: "4.0" }, warned), [])
    assert.match(check({ requests: [], sensors }, warned)[0]!, /^compatible.*warn-range/)
    const asText = [az!, mode!, { ...peer!, type: { kind: "string" } } as const]
    assert.deepStrictEqual(check({ sensors: asText, protocol: "4.0" }), [])
  })

  it("expects no request that is hidden, or needs another protocol", () => {
    const contract = Interface.make("dish").add(
      Request.make("service", { doc: "For maintenance.", hidden: true }),
      Request.make("timed", { doc: "Timed.", requires: Protocol.make(5, 1, "T") })
    )
    const nothing = { requests: [], sensors: [] }
    assert.deepStrictEqual(check({ ...nothing, protocol: "5.1-BIM" }, contract), [])
    assert.match(check({ ...nothing, protocol: "5.1-T" }, contract).join("\n"), /^breaking: .timed: removed [^\n]*$/)
    const { protocol: _, ...unknown } = imported
    assert.match(
      Interface.check(contract, { ...unknown, ...nothing })
        .map(Interface.formatChange)
        .join(),
      /timed: removed/
    )
  })

  it("finds the standard's own requests by name only", () => {
    const contract = Interface.make("dish").add(
      Request.make("help", { doc: "Own help.", args: { x: Arg.Float } }),
      Request.make("restart", { doc: "Own restart." })
    )
    const nothing = { requests: [], sensors: [] }
    assert.deepStrictEqual(check(nothing, contract), [
      'breaking: ?restart: removed "Own restart." (the device does not know it)'
    ])
    const { device: _, ...silent } = imported
    assert.deepStrictEqual(Interface.check(contract, { ...silent, ...nothing }), [])
  })

  it("compares signatures if both are known", () => {
    const typed = Interface.describe(Dish).requests.map((request) =>
      request.kind === "typed"
        ? { ...request, args: [...request.args, { name: "el", type: { kind: "float" } as const }] }
        : request
    )
    assert.match(check({ requests: typed })[0]!, /^breaking: .point args el: added/)
    // a raw one of the contract takes anything
    assert.deepStrictEqual(
      check({ requests: [point!, { kind: "typed", name: "any", doc: "", args: [], reply: [], informs: [] }] }),
      []
    )
  })
})
