/** Requests that a site passes on for others: allow lists, roles, and the record of each. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { RequestFailed } from "katcp"
import { Allow, type Asked, type PassedRequest, roleOf, Site } from "katcp/Site"
import { immediately, logged } from "../Client/connect.ts"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { device, fakeAt, onNetwork, siteOf } from "./network.ts"

describe("requests that are passed on", () => {
  const asked = (change?: Partial<Asked>): Asked => ({
    from: "10.0.0.9:1234",
    role: "control",
    via: "http",
    allow: Allow.only("m000/track", "m000/halt-all", "m000/none"),
    device: "m000",
    request: "track",
    arguments: [],
    ...change
  })

  const lab = Effect.gen(function* () {
    const one = yield* device(1)
    const site = yield* siteOf({ m000: one })
    yield* pass("1 second")
    const records: Array<PassedRequest> = []
    yield* Effect.forkScoped(
      Stream.runForEach(site.audit, (record) => Effect.sync(() => records.push(record))),
      immediately
    )
    return { one, records, site }
  })

  it.effect("need an allow list that names them, and a role that suffices", () =>
    Effect.gen(function* () {
      const { records, site } = yield* lab
      assert.isTrue((yield* site.pass(asked({ who: "observer" }))).ok)
      const refused = yield* Effect.flip(site.pass(asked({ request: "watchdog" })))
      assert.strictEqual(refused.message, "?watchdog is not passed on to m000: no allow list names m000/watchdog")
      const weak = yield* Effect.flip(site.pass(asked({ role: "read" })))
      assert.strictEqual(weak.message, "?track needs the role control, and this client has read")
      const admin = yield* Effect.flip(site.pass(asked({ request: "halt-all", needs: "admin" })))
      assert.match(admin.message, /needs the role admin/)
      assert.isTrue((yield* site.pass(asked({ request: "halt-all", needs: "admin", role: "admin" }))).ok)
      const nowhere = yield* Effect.flip(site.pass(asked({ device: "m9", allow: Allow.only("*") })))
      assert.strictEqual(nowhere._tag, "NoSuchDevice")
      assert.strictEqual((yield* site.pass(asked({ request: "none" }))).code, "invalid")
      yield* pass()
      assert.deepStrictEqual(
        records.map(({ outcome, request, who }) => [request, outcome, who]),
        [
          ["track", "ok", "observer"],
          ["watchdog", "refused", undefined],
          ["track", "refused", undefined],
          ["halt-all", "refused", undefined],
          ["halt-all", "ok", undefined],
          ["track", "refused", undefined],
          ["none", "invalid", undefined]
        ]
      )
      const { time, ...first } = records[0]!
      assert.deepStrictEqual(first, {
        who: "observer",
        from: "10.0.0.9:1234",
        role: "control",
        via: "http",
        device: "m000",
        request: "track",
        arguments: [],
        outcome: "ok",
        seconds: 0,
        missed: 0
      })
      assert.isNumber(time)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("need the role that the device's contract states, and no wildcard covers those of role admin", () =>
    Effect.gen(function* () {
      const { site } = yield* lab
      const found = site.devices.get("m000")!
      assert.strictEqual(roleOf(found, "halt-all"), "admin")
      assert.isUndefined(roleOf(found, "track"))
      const to = (change: Partial<Asked>) =>
        site.pass(asked({ request: "halt-all", allow: Allow.only("*"), ...change }))
      assert.match((yield* Effect.flip(to({}))).message, /needs the role admin, and this client has control/)
      assert.match((yield* Effect.flip(to({ role: "admin" }))).message, /no allow list names m000\/halt-all/)
      assert.isTrue((yield* to({ role: "admin", allow: Allow.only("m000/halt-all") })).ok)
      assert.isTrue((yield* to({ request: "track" })).ok)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are refused if they would change the shared connection, whatever allows them, with a record", () =>
    Effect.gen(function* () {
      const { records, site } = yield* lab
      const everything: Allow.Allow = { patterns: ["*"], permits: () => true }
      for (const request of ["sensor-sampling", "sensor-sampling-clear"]) {
        const refused = yield* Effect.flip(
          site.pass(asked({ request, role: "admin", needs: "read", allow: everything, via: "program" }))
        )
        assert.include(refused.message, `?${request} is never passed on`)
      }
      yield* pass()
      assert.deepStrictEqual(
        records.map(({ outcome }) => outcome),
        ["refused", "refused"]
      )
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are refused while the requests and roles of a connected device are not known yet", () =>
    Effect.gen(function* () {
      const silent = new FakeDevice()
      silent.instead = ({ name }) => (name === "help" ? { answer: undefined } : undefined)
      const site = yield* Site.make({ devices: { m000: yield* fakeAt(1, silent) } })
      yield* pass("100 millis")
      const { health, requests } = site.devices.get("m000")!
      assert.deepStrictEqual([health.connected, health.synced, requests.size], [true, false, 0])
      const refused = yield* Effect.flip(site.pass(asked({ role: "admin", allow: Allow.only("*") })))
      assert.match(refused.message, /its requests and their roles are not known yet/)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are recorded when the device or the caller disconnects", () =>
    Effect.gen(function* () {
      const { one, records, site } = yield* lab
      const gone = yield* Effect.forkChild(
        site.passWith(asked(), () => Effect.never),
        immediately
      )
      yield* Fiber.interrupt(gone)
      yield* Effect.forkChild(one.off)
      yield* pass("2 seconds")
      assert.strictEqual((yield* Effect.flip(site.pass(asked())))._tag, "KatcpError")
      yield* pass()
      assert.deepStrictEqual(
        records.map(({ outcome }) => outcome),
        ["cancelled", "lost"]
      )
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are recorded without arguments and reason if they are withheld, and otherwise with cut texts", () =>
    Effect.gen(function* () {
      const { records, site } = yield* lab
      const long = "x".repeat(100_000)
      const fails = (change: Partial<Asked>) =>
        Effect.flip(
          site.passWith(asked(change), () => Effect.fail(new RequestFailed({ message: `no ${change.arguments}` })))
        )
      yield* fails({ arguments: ["hunter2"], withhold: true })
      yield* fails({ arguments: [long] })
      yield* fails({ device: long, request: long })
      yield* pass()
      const [withheld, cut, unknown] = records
      assert.deepStrictEqual(
        [withheld!.arguments, withheld!.outcome, withheld!.reason],
        [["(1 withheld)"], "fail", undefined]
      )
      assert.notInclude(JSON.stringify(withheld), "hunter2")
      assert.match(cut!.reason!, /^no x+… \(100003 characters\)$/)
      assert.isAtMost(JSON.stringify(cut).length, 600)
      assert.isAtMost(JSON.stringify(unknown).length, 1000)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are logged, at most fifty in a second; control characters are shown by their numbers", () =>
    Effect.gen(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { site } = yield* lab
          yield* site.pass(asked({ who: "eve\n", arguments: ["a b", "x".repeat(100), new Uint8Array(3)] }))
          for (let n = 0; n < 99; n++) yield* site.pass(asked())
          yield* pass("1 second")
          yield* site.pass(asked())
        }).pipe(Effect.scoped),
        "Debug"
      )
      const lines = records.filter((line) => line.includes("katcp.site.audit"))
      assert.strictEqual(lines.length, 51)
      assert.strictEqual(
        lines[0],
        `Info katcp.site.audit: ?track "a b" "${"x".repeat(40)}…" "3 bytes" to m000 of 10.0.0.9:1234 by http ("eve\\n", control): fail, Too many parameters given.`
      )
      assert.match(lines[50]!, /\(before it, 50 were not logged\)$/)
    }).pipe(onNetwork)
  )
})
