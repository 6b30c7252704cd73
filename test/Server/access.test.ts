/** Roles and their permissions (issue "Trust", 2). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Schema from "effect/Schema"
import { Arg, Interface, Request, RequestFailed, Sensor, Server } from "katcp"
import { keptLog, say, start } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("track", { doc: "Track.", args: { az: Arg.Float } }),
  Request.make("position", { doc: "Tell the position.", role: "read" }),
  Request.make("calibrate", { doc: "Calibrate.", role: "admin" }),
  Sensor.make("az", { doc: "Azimuth", type: Arg.Float, initial: 0 })
) {}

const device = Effect.fnUntraced(function* (options?: Server.Options) {
  const log = keptLog()
  const done: Array<string> = []
  const note = (what: string) => Effect.sync(() => void done.push(what))
  const live = Dish.toLayer({
    track: () => note("track"),
    position: () => note("position"),
    calibrate: () => note("calibrate")
  })
  const layer = Server.layer(Dish, { audit: false, ...options }).pipe(Layer.provide(live), Layer.provide(log.layer))
  return { ...(yield* start(layer)), log, done }
})

const refusal = (name: string, needed: string, role: string) =>
  `!${name} fail ?${name}\\_needs\\_the\\_role\\_${needed};\\_127.0.0.1:50001\\_has\\_${role}.`
const reading = [
  "?help watchdog",
  "?watchdog",
  "?version-list",
  "?client-list",
  "?request-timeout-hint track",
  "?sensor-list az",
  "?sensor-value az",
  "?sensor-sampling az auto",
  "?sensor-sampling-clear",
  "?log-level",
  "?position"
]
const controlling = ["?track 1"]
const administrating = ["?calibrate", "?log-level info"]

describe("the roles (P-404)", () => {
  it.effect(
    "let a client make allowed requests, refuse others with a reason, and count them",
    Effect.fnUntraced(function* () {
      const allowed = { read: reading, control: [...reading, ...controlling], admin: [] as ReadonlyArray<string> }
      for (const role of ["read", "control", "admin"] as const) {
        const { connect, done, server } = yield* device({ access: [{ role }] })
        const client = yield* connect
        assert.strictEqual([...server.clients][0]?.role, role)
        let refused = 0
        for (const line of [...reading, ...controlling, ...administrating]) {
          const name = line.slice(1).split(" ")[0]!
          yield* say(client, line)
          const reply = (yield* client.settle).find((one) => one.startsWith("!"))
          if (role === "admin" || allowed[role].includes(line)) assert.match(reply ?? "", /^![^ ]+ ok/, line)
          else {
            refused++
            assert.strictEqual(reply, refusal(name, controlling.includes(line) ? "control" : "admin", role))
          }
        }
        assert.strictEqual((yield* server.stats).refusedRequests, refused)
        assert.deepStrictEqual(
          done,
          { read: ["position"], control: ["position", "track"], admin: ["position", "track", "calibrate"] }[role]
        )
      }
    })
  )

  it.effect(
    "refuse halt and restart to all but admin, even if the contract has them",
    Effect.fnUntraced(function* () {
      class Own extends Interface.make("own").add(
        Request.make("halt", { doc: "Halt." }),
        Request.make("help", { doc: "Help." })
      ) {}
      const live = Own.toLayer({ halt: () => Effect.void, help: () => Effect.void })
      const layer = Server.layer(Own, { access: [{ role: "control" }], audit: false }).pipe(Layer.provide(live))
      const own = yield* start(layer)
      const { connect } = yield* device({ access: [{ role: "control" }] })
      for (const client of [yield* own.connect, yield* connect]) {
        yield* say(client, "?halt", "?restart")
        assert.deepStrictEqual(yield* client.settle, [
          refusal("halt", "admin", "control"),
          refusal("restart", "admin", "control")
        ])
      }
    })
  )

  it.effect(
    "require at least control for requests answered by unhandled, whatever their names",
    Effect.fnUntraced(function* () {
      const { connect } = yield* device({ access: [{ role: "read" }], unhandled: () => Effect.succeed(["ok"]) })
      const client = yield* connect
      yield* say(client, "?any-thing", "?log-limit x")
      assert.deepStrictEqual(yield* client.settle, [
        refusal("any-thing", "control", "read"),
        refusal("log-limit", "control", "read")
      ])
    })
  )

  it.effect(
    "apply before the guard, whose refusals are counted, too",
    Effect.fnUntraced(function* () {
      const asked: Array<string> = []
      const { connect, server } = yield* device({
        access: [{ role: "control" }],
        guard: ({ role }, { name }) => {
          asked.push(`${role} ${name}`)
          return name === "track" ? new RequestFailed({ message: "not now" }) : undefined
        }
      })
      const client = yield* connect
      yield* say(client, "?calibrate", "?track 1", "?position")
      assert.deepStrictEqual((yield* client.settle).slice(1), ["!track fail not\\_now", "!position ok"])
      assert.deepStrictEqual(asked, ["control track", "control position"])
      assert.strictEqual((yield* server.stats).refusedRequests, 2)
    })
  )

  it.effect(
    "disconnect a client without a role before it receives anything or replaces another",
    Effect.fnUntraced(function* () {
      const gone: Array<string> = []
      for (const onDisconnect of [undefined, () => Effect.sync(() => void gone.push("gone"))]) {
        const { dial, log, server } = yield* device({ access: [{ role: "none" }], onDisconnect })
        const client = yield* dial()
        assert.deepStrictEqual(yield* client.settle, [
          "#disconnect This\\_device\\_does\\_not\\_serve\\_127.0.0.1:50001."
        ])
        yield* client.closed
        assert.strictEqual(server.clients.size, 0)
        assert.strictEqual((yield* server.stats).refusedClients, 1)
        assert.deepStrictEqual(
          log.records.map(({ text }) => text),
          ["127.0.0.1:50001 is not let in: This device does not serve 127.0.0.1:50001."]
        )
      }
      assert.deepStrictEqual(gone, [])
    })
  )

  it.effect(
    "can come from a function for each client; if it fails, the client is refused",
    Effect.fnUntraced(function* () {
      let rules: ReadonlyArray<Server.Access.Rule> = [{ role: "read" }]
      const { dial, connect, log, server } = yield* device({ access: () => rules })
      const first = yield* connect
      rules = [{ role: "admin" }]
      yield* connect
      assert.deepStrictEqual(
        [...server.clients].map(({ role }) => role),
        ["read", "admin"]
      )
      rules = [{ role: "admin", network: "nowhere" }]
      yield* (yield* dial()).closed
      assert.match(
        log.records[0]?.text ?? "",
        /^the access rules cannot be read, so no client is accepted: access rule 1/
      )
      assert.strictEqual((yield* first.settle).filter((line) => line.startsWith("#disconnect")).length, 0)
    })
  )
})

const v4 = (host: string, port = 50000) => NetAddress.inetAddressFromIpStringUnsafe(host, port)
const certificate: Interface.Certificate = {
  subject: { CN: ["operator"], OU: ["ops", "night"] },
  issuer: { CN: ["authority"] },
  altNames: ["DNS:Control.example", "URI:spiffe://site/ops/7", "email:ops@example.org"],
  fingerprint: `${"AB:".repeat(31)}CD`,
  serialNumber: "01",
  validTo: 4e9
}
const listener = v4("127.0.0.1", 7147)
const visitor = (
  address: string | undefined,
  more?: Partial<Server.Access.ConnectionInfo>
): Server.Access.ConnectionInfo => ({
  address: address === undefined ? undefined : v4(address),
  listener,
  certificate: undefined,
  ...more
})
const meets = (rule: Omit<Server.Access.Rule, "role">, who: Server.Access.ConnectionInfo): boolean =>
  Server.Access.make([{ ...rule, role: "admin" }])(who) === "admin"

describe("a rule (P-404)", () => {
  it("matches the network, IPv4 and IPv6, and treats IPv4 in IPv6 as IPv4", () => {
    const table: ReadonlyArray<readonly [network: string, inside: string, outside: string]> = [
      ["10.0.0.0/8", "10.255.0.1", "11.0.0.1"],
      ["10.1.2.3", "10.1.2.3", "10.1.2.4"],
      ["10.1.2.4/31", "10.1.2.5", "10.1.2.6"],
      ["0.0.0.0/0", "203.0.113.9", "2001:db8::1"],
      ["10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"],
      ["::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"],
      ["2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"],
      ["::1", "::1", "::2"],
      ["::/0", "2001:db8::1", "10.0.0.1"]
    ]
    for (const [network, inside, outside] of table) {
      assert.isTrue(meets({ network }, visitor(inside)), `${inside} in ${network}`)
      assert.isFalse(meets({ network }, visitor(outside)), `${outside} not in ${network}`)
    }
    assert.isTrue(meets({ network: ["10.0.0.0/8", "::1"] }, visitor("::1")))
    assert.isFalse(meets({ network: "0.0.0.0/0" }, visitor(undefined)))
    assert.isFalse(
      meets({ network: "0.0.0.0/0" }, { ...visitor(undefined), address: NetAddress.unixPathAddress("/run/a") })
    )
  })

  it("matches the listener", () => {
    const unix = visitor(undefined, { listener: NetAddress.unixPathAddress("/run/dish.sock") })
    const all = visitor("10.0.0.1", { listener: v4("::", 7148) })
    const table: ReadonlyArray<readonly [listener: string, ReadonlyArray<Server.Access.ConnectionInfo>]> = [
      ["unix", [unix]],
      ["/run/dish.sock", [unix]],
      ["/run/other.sock", []],
      ["7147", [visitor("10.0.0.1")]],
      ["7148", [all]],
      ["127.0.0.1", [visitor("10.0.0.1")]],
      ["127.0.0.1:7147", [visitor("10.0.0.1")]],
      ["127.0.0.1:7148", []],
      ["[::]:7148", [all]],
      ["::", [all]]
    ]
    for (const [text, expected] of table)
      for (const who of [unix, all, visitor("10.0.0.1")])
        assert.strictEqual(
          meets({ listener: text }, who),
          expected.some((one) => one.listener === who.listener),
          `${text} ${who.listener}`
        )
  })

  it("matches a certificate: subject, alternative name, fingerprint", () => {
    const shown = visitor("10.0.0.1", { certificate })
    const good: ReadonlyArray<Server.Access.Rule["certificate"]> = [
      true,
      { subject: { CN: "operator" } },
      { subject: { CN: ["other", "operator"], OU: "night" } },
      { altName: "DNS:control.example" },
      { altName: "DNS:*.EXAMPLE" },
      { altName: ["DNS:no", "URI:spiffe://site/ops/*"] },
      { fingerprint: certificate.fingerprint },
      { fingerprint: certificate.fingerprint.replaceAll(":", "").toLowerCase() }
    ]
    const bad: ReadonlyArray<Server.Access.Rule["certificate"]> = [
      { subject: { CN: "Operator" } },
      { subject: { CN: "operator", O: "x" } },
      { subject: { CN: "operator", OU: "day" } },
      { subject: { constructor: "x" } },
      { altName: "DNS:example" },
      { altName: "DNS:control.exampl." },
      { altName: "URI:SPIFFE://site/ops/*" },
      { altName: "email:operator" },
      { fingerprint: "ab".repeat(32) }
    ]
    for (const wanted of good) {
      assert.isTrue(meets({ certificate: wanted }, shown), JSON.stringify(wanted))
      assert.isFalse(meets({ certificate: wanted }, visitor("10.0.0.1")), JSON.stringify(wanted))
    }
    for (const wanted of bad) assert.isFalse(meets({ certificate: wanted }, shown), JSON.stringify(wanted))
  })

  it("applies if all of its conditions match; the first match gives the role, otherwise there is no role", () => {
    const roleOf = Server.Access.make([
      { role: "none", network: "10.0.0.13" },
      { role: "admin", network: "10.0.0.0/8", certificate: { subject: { CN: "operator" } } },
      { role: "read", network: "10.0.0.0/8" }
    ])
    assert.strictEqual(roleOf(visitor("10.0.0.13", { certificate })), "none")
    assert.strictEqual(roleOf(visitor("10.0.0.1", { certificate })), "admin")
    assert.strictEqual(roleOf(visitor("10.0.0.1")), "read")
    assert.strictEqual(roleOf(visitor("192.0.2.1", { certificate })), "none")
  })

  it("is optional: without rules this machine has admin, all others control", () => {
    const roleOf = Server.Access.make(Server.Access.defaults)
    const unix = { listener: NetAddress.unixPathAddress("/run/dish.sock") }
    for (const who of [visitor("127.0.0.1"), visitor("127.9.9.9"), visitor("::1"), visitor("::ffff:127.0.0.1")])
      assert.strictEqual(roleOf(who), "admin")
    assert.strictEqual(roleOf(visitor(undefined, unix)), "admin")
    for (const who of [visitor("10.0.0.1"), visitor("fd00::1"), visitor(undefined)])
      assert.strictEqual(roleOf(who), "control")
  })

  it("that is invalid is reported, with its number, when the server is made", () => {
    const table: ReadonlyArray<readonly [rule: unknown, message: RegExp]> = [
      [{ role: "admin", network: "10.0.0.0/33" }, /prefix length is from 0 to 32/],
      [{ role: "admin", network: "10.0.0.1/8" }, /bits behind its prefix of 8/],
      [{ role: "admin", network: "dish" }, /"dish" is not a network/],
      [{ role: "admin", network: "10.0.0.0/8/8" }, /is not a network/],
      [{ role: "admin", network: "::/-1" }, /is not a network/],
      [{ role: "admin", network: [] }, /network is an empty list/],
      [{ role: "admin", listener: "tcp" }, /"tcp" is not a listener/],
      [{ role: "admin", netwrok: "10.0.0.0/8" }, /no condition "netwrok"/],
      [{ role: "root" }, /"root" is not a role/],
      [{ role: "admin", certificate: {} }, /certificate has no condition/],
      [{ role: "admin", certificate: { cn: "x" } }, /certificate has no "cn"/],
      [{ role: "admin", certificate: { altName: "control.example" } }, /write its type first/],
      [{ role: "admin", certificate: { fingerprint: "ab" } }, /64 hexadecimal digits/]
    ]
    for (const [rule, message] of table)
      assert.throws(
        () => Server.layer(Dish, { access: [{ role: "read" }, rule as Server.Access.Rule] }),
        new RegExp(`^access rule 2: .*${message.source}`),
        JSON.stringify(rule)
      )
  })

  it("is data: it decodes from JSON", () => {
    const rule = { role: "admin", network: ["10.0.0.0/8"], certificate: { subject: { CN: "operator" } } } as const
    assert.deepStrictEqual(Schema.decodeSync(Server.Access.Rule)(rule), rule)
    assert.throws(() => Schema.decodeUnknownSync(Server.Access.Rule)({ role: "root" }))
  })
})
