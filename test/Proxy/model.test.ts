/** Whatever happens at the devices, in any order: at rest clients of the proxy have exactly what the devices have. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import type { Server } from "katcp"
import { Protocol } from "katcp/Message"
import { Site } from "katcp/Site"
import { pass } from "../Client/sensors/site.ts"
import { device, onNetwork, client as reconnecting, siteOf, type TestDevice } from "../Site/network.ts"
import { atDevice, happenAt, stepOf, turn } from "../Site/steps.ts"
import { clientOf, serveProxy, socketOf } from "./network.ts"

const devices = ["m000", "m001"]
const names = ["a", "b.c", "f_g"]
const Step = stepOf([...atDevice, "add", "set", "set", "drop"], devices, names)

type Lab = { readonly all: ReadonlyArray<TestDevice>; readonly site: Effect.Success<ReturnType<typeof siteOf>> }

const happen = ({ all, site }: Lab, step: typeof Step.Type) =>
  Effect.gen(function* () {
    const { device: which, what } = step
    if (what !== "drop") return yield* happenAt(all[which]!, names, { ...step, what })
    return (yield* site.remove(devices[which]!))
      ? undefined
      : yield* Effect.ignore(site.add(devices[which]!, { socket: all[which]!.socket, client: reconnecting }))
  })

/** The ranges that numbers without one have at version 4. */
const widest: Readonly<Record<string, ReadonlyArray<string>>> = {
  integer: ["-9007199254740991", "9007199254740991"],
  float: ["-1.7976931348623157e+308", "1.7976931348623157e+308"]
}

/** The sensors of the site's devices, as a client of the proxy should see them. */
const expected = ({ all, site }: Lab, prefix: string, major = 5) =>
  devices
    .flatMap((device, index) =>
      site.devices.has(device)
        ? all[index]!.set.values.map(({ definition, reading }) =>
            JSON.stringify([
              `${prefix}${device}.${definition.name}`,
              definition.doc,
              major === 4 && definition.parameters.length === 0
                ? (widest[definition.type.sensorType!] ?? [])
                : definition.parameters,
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
    yield* turn(step.turns)
  }
  for (const one of all) yield* one.on
  for (let round = 0; round < 4; round++) yield* pass("20 seconds")
  // a device of version 4 does not tell that its sensors have changed: it is asked
  for (const client of [near, second.devices.get("p")!.client, far]) {
    if (proxy?.protocol?.major === 4) yield* client.inspectSensors()
    yield* pass("20 seconds")
  }
  const major = proxy?.protocol?.major
  assert.deepStrictEqual(seen(near, ""), expected(lab, "", major), "through one proxy")
  assert.deepStrictEqual(seen(far, "p."), expected(lab, "p.", major), "through two proxies")
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

describe("any order of events at the devices of a proxy", () => {
  for (const [title, runs, options] of cases)
    it.effect.prop(
      `leaves clients with the state of the devices, through one proxy and through two: ${title}`,
      { steps: Schema.Array(Step) },
      ({ steps }) => run(steps, options).pipe(Effect.scoped, onNetwork),
      { arbitrary: { runs, size: 20 }, timeout: 600_000 }
    )
})
