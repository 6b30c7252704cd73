import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { Arg, Client, Codec, Sensor } from "katcp"
import { Allow, type SiteShape } from "katcp/Site"
import { Data } from "../../../src/Gateway/live/frames.ts"
import { Hub, type HubPage } from "../../../src/Gateway/live/Hub.ts"
import { liveTarget } from "../../../src/Gateway/live/targets.ts"
import { View } from "../../../src/Gateway/live/View.ts"
import { Table } from "../../../src/Site/table/Table.ts"
import { Waiters } from "../../../src/Site/table/Waiters.ts"
import { PageModel } from "./pageModel.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Data))

const statuses = ["nominal", "warn", "unreachable"] as const
const names = ["a", "b.x", "b.y", "c"]
const devices = ["one", "two"]
const targets = ["*", "one", "two/b.*", "one/a", "/^two.c/", "two/c", "*/a", "none/*"]

/** A site without connections: its table and its devices are changed by hand. */
const siteWith = (removals: number) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const turn = new Codec.Turn((yield* Scheduler.Scheduler).makeDispatcher())
    const table = Table.makeUnsafe(clock, turn, {
      sensors: 1000,
      sensorsPerDevice: 1000,
      removals,
      removalAge: 600_000,
      ringChanges: 10,
      ringBytes: 10
    })
    const waiters = new Waiters(turn)
    let deviceRevision = 1
    const all = new Map<string, unknown>()
    const setDevice = (name: string, there: boolean, connected = true) => {
      if (there)
        all.set(name, {
          name,
          health: {
            connected,
            since: 1,
            state: connected ? "Synced" : "Sleeping",
            error: connected ? undefined : "gone"
          },
          requests: new Map([
            ["track", ""],
            ["halt", ""],
            ["other", ""]
          ])
        })
      else all.delete(name)
      deviceRevision++
      waiters.notify()
    }
    const site = {
      table,
      devices: all,
      get deviceRevision() {
        return deviceRevision
      },
      devicesChanged: (revision: number) => waiters.until(() => deviceRevision > revision)
    } as unknown as SiteShape
    return { site, table, clock, setDevice }
  })

/** A page with a view, which reads frames on demand. */
class FakePage implements HubPage {
  readonly view = new View("control")
  readonly model = new PageModel()
  readonly unread: Array<string> = []
  get due() {
    return this.view.due
  }
  round(now: number, time: number): Effect.Effect<void> {
    const frame = this.view.take(now, time)
    if (frame !== undefined) this.unread.push(frame)
    return Effect.void
  }
  /** Reads and acknowledges what has come. */
  paint(hub: Hub): boolean {
    const [frame] = this.unread.splice(0)
    if (frame === undefined) return false
    const data = decode(frame)
    this.model.take(data)
    assert.isUndefined(this.view.acknowledge(data.n))
    hub.poke()
    return true
  }
}

const definitionOf = (name: string) => Sensor.remote(name, { type: Arg.Int })
const readingOf = (definition: Sensor.Any, value: number, status: Sensor.Status, time: number) =>
  new Client.WireReading(definition, time, status, time, String(value), Codec.Dialect.v5)

const compiled = (texts: ReadonlyArray<string>) => Effect.forEach(texts, (text) => Effect.orDie(liveTarget(text)))

const Device = Schema.Literals([0, 1])
const Name = Schema.Literals([0, 1, 2, 3])
const Step = Schema.Union([
  Schema.Struct({
    do: Schema.Literal("set"),
    device: Device,
    name: Name,
    value: Schema.Int,
    status: Schema.Literals([0, 1, 2])
  }),
  Schema.Struct({ do: Schema.Literal("add"), device: Device, name: Name }),
  Schema.Struct({ do: Schema.Literal("remove"), device: Device, name: Name }),
  Schema.Struct({ do: Schema.Literal("removeDevice"), device: Device }),
  Schema.Struct({ do: Schema.Literal("connect"), device: Device, there: Schema.Boolean, connected: Schema.Boolean }),
  Schema.Struct({ do: Schema.Literal("paint") }),
  Schema.Struct({
    do: Schema.Literal("subscribe"),
    id: Schema.Literals([1, 2, 3]),
    of: Schema.Tuple([Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7]), Schema.Literals([3, 5, 7])]),
    maxHz: Schema.Literals([0.5, 5, 50])
  }),
  Schema.Struct({ do: Schema.Literal("unsubscribe"), id: Schema.Literals([1, 2, 3]) }),
  Schema.Struct({ do: Schema.Literal("cut") }),
  Schema.Struct({ do: Schema.Literal("wait"), ms: Schema.Literals([0, 1, 30, 500, 3000]) })
])

describe("the hub of the pages", () => {
  for (const removals of [1000, 2])
    it.effect.prop(
      `leaves a page with the state of the table after any sequence of events, with ${removals} removals kept`,
      { steps: Schema.Array(Step) },
      ({ steps }) =>
        Effect.gen(function* () {
          const { clock, setDevice, site, table } = yield* siteWith(removals)
          const hub = new Hub(site, Allow.only("*/track", "one/halt"), clock)
          yield* Effect.forkScoped(hub.run, { startImmediately: true })
          const wanted = new Map<number, { readonly texts: ReadonlyArray<string>; readonly maxHz: number }>()
          const definitions = new Map<string, Sensor.Any>()
          let page = new FakePage()
          hub.join(page)
          // a second page that never paints changes nothing for the first
          const stalled = new FakePage()
          hub.join(stalled)
          yield* hub.subscribe(stalled.view, 1, yield* compiled(["*"]), 50)
          const run = (step: typeof Step.Type): Effect.Effect<void> =>
            Effect.gen(function* () {
              const device = "device" in step ? devices[step.device]! : ""
              const name = "name" in step ? names[step.name]! : ""
              const path = `${device}/${name}`
              const definition = definitions.get(path)
              switch (step.do) {
                case "set":
                  if (definition !== undefined)
                    table.receive(
                      device,
                      definition,
                      readingOf(definition, step.value, statuses[step.status]!, table.revision / 8)
                    )
                  return
                case "add": {
                  const fresh = definitionOf(name)
                  definitions.set(path, fresh)
                  table.add(device, fresh)
                  return
                }
                case "remove":
                  if (definition !== undefined) table.remove(device, definition)
                  return
                case "removeDevice":
                  return table.removeDevice(device)
                case "connect":
                  return setDevice(device, step.there, step.connected)
                case "paint":
                  page.paint(hub)
                  return
                case "subscribe": {
                  const texts = step.of.map((at) => targets[at]!)
                  wanted.set(step.id, { texts, maxHz: step.maxHz })
                  yield* hub.subscribe(page.view, step.id, yield* compiled(texts), step.maxHz)
                  return
                }
                case "unsubscribe": {
                  wanted.delete(step.id)
                  const subscription = page.view.subscriptions.get(step.id)
                  if (subscription !== undefined) hub.end(subscription)
                  return
                }
                case "cut":
                  hub.leave(page)
                  page = new FakePage()
                  hub.join(page)
                  for (const [id, { maxHz, texts }] of wanted)
                    yield* hub.subscribe(page.view, id, yield* compiled(texts), maxHz)
                  return
                case "wait":
                  yield* TestClock.adjust(step.ms)
              }
            })
          for (const step of steps) yield* run(step)
          // the page keeps up for a while
          for (let quiet = 0; quiet < 3; ) {
            yield* TestClock.adjust(2500)
            if (page.paint(hub)) quiet = 0
            else quiet++
          }
          const all = yield* compiled([...wanted.values()].flatMap(({ texts }) => texts))
          const expected = [...table.snapshot().changed]
            .filter((row) => all.some(({ matches }) => matches(row.device, row.name)))
            .map(({ code, path, reading, timestamp }) => [
              path,
              code,
              reading === undefined ? null : Number(reading.value),
              timestamp === undefined ? undefined : Math.round(timestamp * 1000)
            ])
            .sort(([one], [other]) => (one! < other! ? -1 : 1))
          assert.deepStrictEqual(page.model.state as ReadonlyArray<unknown>, expected as ReadonlyArray<unknown>)
          // devices, their states, their counts and what a caller of role `control` may ask of them
          assert.deepStrictEqual([...page.model.devices.keys()].sort(), [...site.devices.keys()].sort())
          for (const [device, shown] of page.model.devices) {
            assert.strictEqual(shown.connected, site.devices.get(device)!.health.connected)
            assert.deepStrictEqual(shown.requests, ["track"])
            const counts = [0, 0, 0, 0, 0, 0, 0]
            for (const row of table.of(device)) counts[row.code]!++
            assert.deepStrictEqual([...shown.counts], counts)
          }
          // the page that never painted has one frame, and a mark for each sensor at most
          assert.isAtMost(stalled.unread.length, 1)
          assert.isAtMost(stalled.view.size, hub.sensors.byPath.size)
          hub.leave(page)
          hub.leave(stalled)
          assert.strictEqual(hub.patternCount, 0)
          for (const sensor of hub.sensors.byPath.values()) assert.strictEqual(sensor.watchers.size, 0)
        }),
      { arbitrary: { runs: 150, size: 80 } }
    )
})
