/** Whatever happens at the devices, in any order: at rest clients of the proxy have exactly what the devices have. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import { Arg, Codec, Sensor, type Server } from "katcp"
import { Protocol } from "katcp/Message"
import { Site } from "katcp/Site"
import { immediately } from "../Client/connect.ts"
import { pass } from "../Client/sensors/site.ts"
import { device, onNetwork, client as reconnecting, siteOf, type TestDevice } from "../Site/network.ts"
import { clientOf, serveProxy, socketOf } from "./network.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const devices = ["m000", "m001"]
const names = ["a", "b.c", "f_g"]
const definitions = [
  { type: Arg.Int },
  { type: Arg.Int, doc: "another" },
  { type: Arg.Float, units: "m", nominal: [0, 2] },
  { type: Arg.Discrete("0", "1", "2", "3") },
  { type: Arg.Text }
] as ReadonlyArray<Sensor.Options<unknown>>

const Step = Schema.Struct({
  what: Schema.Literals([
    "add",
    "add",
    "replace all",
    "remove",
    "set",
    "set",
    "set",
    "cut",
    "off",
    "on",
    "drop",
    "wait"
  ]),
  device: between(0, devices.length - 1),
  name: between(0, names.length - 1),
  pick: between(0, 1000),
  /** How many turns the fibers get before the next step. */
  turns: between(0, 60)
})

type Lab = { readonly all: ReadonlyArray<TestDevice>; readonly site: Effect.Success<ReturnType<typeof siteOf>> }

const happen = ({ all, site }: Lab, { device: which, name: at, pick, what }: typeof Step.Type) =>
  Effect.gen(function* () {
    const { cut, off, on, set, socket } = all[which]!
    const name = names[at]!
    const make = (name: string, pick: number) => Sensor.make(name, definitions[pick % definitions.length]!)
    switch (what) {
      case "add":
        return yield* set.add(make(name, pick))
      case "replace all":
        return yield* set.batch(Effect.forEach(names, (name, index) => set.add(make(name, pick + index))))
      case "remove":
        return yield* set.remove(name)
      case "set": {
        const status = Sensor.statuses[pick % Sensor.statuses.length]!
        const sensor = set.get(name)
        return yield* Effect.ignore(sensor?.setFormatted(`${pick % 4}`, Codec.Dialect.v5, { status }) ?? Effect.void)
      }
      case "cut":
        return yield* cut
      case "off": {
        const leaving = yield* Effect.forkChild(off, immediately)
        yield* pass("2 seconds")
        return yield* Fiber.join(leaving)
      }
      case "on":
        return yield* on
      case "drop":
        return (yield* site.remove(devices[which]!))
          ? undefined
          : yield* Effect.ignore(site.add(devices[which]!, { socket, client: reconnecting }))
      case "wait":
        return yield* pass(pick * 10)
    }
  })

/** What the devices of the site have, as a client of the proxy should see it. */
const expected = ({ all, site }: Lab, prefix: string) =>
  devices
    .flatMap((device, index) =>
      site.devices.has(device)
        ? all[index]!.set.values.map(({ definition, reading }) =>
            JSON.stringify([
              `${prefix}${device}.${definition.name}`,
              definition.doc,
              definition.parameters,
              reading.status,
              reading.value
            ])
          )
        : []
    )
    .sort()

const seen = ({ device }: Effect.Success<ReturnType<typeof clientOf>>, prefix: string) =>
  device.sensors.values
    .filter(({ name }) => devices.some((device) => name.startsWith(`${prefix}${device}.`)))
    .map(({ definition, status, value }) =>
      JSON.stringify([definition.name, definition.doc, definition.parameters, status, value])
    )
    .sort()

const run = Effect.fnUntraced(function* (steps: ReadonlyArray<typeof Step.Type>, proxy?: Server.Options) {
  const all = yield* Effect.forEach(devices, (_, port) => device(port + 1))
  const site = yield* siteOf(Object.fromEntries(devices.map((name, index) => [name, all[index]!])))
  const lab: Lab = { all, site }
  yield* serveProxy(site, 8, { server: proxy })
  const second = yield* Site.make({
    devices: { p: { socket: Layer.succeed(Socket.Socket, yield* socketOf(8)), client: reconnecting } }
  })
  yield* serveProxy(second, 9)
  const near = yield* clientOf(8)
  const far = yield* clientOf(9)
  for (const step of steps) {
    yield* happen(lab, step)
    for (let turn = 0; turn < step.turns; turn++) yield* Effect.yieldNow
  }
  for (const one of all) yield* one.on
  for (let round = 0; round < 4; round++) yield* pass("20 seconds")
  // a device of version 4 does not tell that its sensors have changed: it is asked
  for (const client of [near, second.devices.get("p")!.client, far]) {
    if (proxy?.protocol?.major === 4) yield* client.inspectSensors()
    yield* pass("20 seconds")
  }
  assert.deepStrictEqual(seen(near, ""), expected(lab, ""), "through one proxy")
  assert.deepStrictEqual(seen(far, "p."), expected(lab, "p."), "through two proxies")
})

const cases: ReadonlyArray<readonly [string, number, Server.Options | undefined]> = [
  ["version 5.1", 100, undefined],
  [
    "version 5.0 without ids, slow clients conflated",
    60,
    { protocol: Protocol.make(5, 0, "M"), slowClient: "conflate" }
  ],
  ["version 4", 60, { protocol: Protocol.make(4, 0, "M") }]
]

describe("any order of what can happen at the devices of a proxy", () => {
  for (const [title, runs, options] of cases)
    it.effect.prop(
      `leaves clients with what the devices have, through one proxy and through two: ${title}`,
      { steps: Schema.Array(Step) },
      ({ steps }) => run(steps, options).pipe(Effect.scoped, onNetwork),
      { arbitrary: { runs, size: 20 }, timeout: 120_000 }
    )
})
