/** Pages that read nothing, pages that do not acknowledge, and a gateway that starts again: over real WebSockets. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Arg, Sensor } from "katcp"
import { Allow, Http } from "katcp/Site"
import { layerPages } from "../../../src/Gateway/live/layer.ts"
import { dishSite } from "./dish.ts"
import { listen, pageAt, serve, type TestPage } from "./listen.ts"

const on = <A>(run: () => Promise<A>) => Effect.promise(run)
const pages = layerPages({ requests: Allow.only("*/count") })

/** Adds sensors to the dish, and gives what sets them all. */
const many = (sensors: Sensor.SensorSet, count: number) =>
  Effect.gen(function* () {
    yield* sensors.batch(
      Effect.forEach(
        Array.from({ length: count }, (_, index) => `s${index}`),
        (name) => sensors.add(Sensor.make(name, { type: Arg.Int, initial: 0 })),
        { discard: true }
      )
    )
    return (value: number) =>
      Effect.forEach(
        Array.from({ length: count }, (_, index) => index),
        (index) => sensors.get(`s${index}`)!.set(value),
        {
          discard: true
        }
      )
  })

const valueOf = (page: TestPage, name: string) =>
  [...page.model.sensors.values()].find((sensor) => sensor.name === name)?.value

describe("slow pages", () => {
  it.live("hold one frame each and no queue, however much changes, and then skip to the newest readings", () =>
    Effect.gen(function* () {
      const { dish, layer } = yield* dishSite
      const set = yield* many(dish.sensors, 200)
      const url = yield* Effect.provide(listen(pages), layer)
      const stalled: Array<TestPage> = []
      for (let index = 0; index < 20; index++) {
        const page = yield* pageAt(url, "reader", { acknowledges: false })
        page.send({ sub: 1, targets: ["m000"], maxHz: 50 })
        stalled.push(page)
      }
      yield* on(() => Promise.all(stalled.map((page) => page.frame("n"))))
      const quick = yield* pageAt(url, "reader")
      quick.send({ sub: 1, targets: ["m000"], maxHz: 50 })
      for (let value = 1; value <= 20; value++) {
        yield* set(value)
        yield* on(() => quick.until((page) => valueOf(page, "s0") === value && valueOf(page, "s199") === value))
      }
      // one data frame each, whatever the quick page was sent meanwhile
      assert.isAtLeast(quick.model.frames, 20)
      assert.deepStrictEqual(
        stalled.map(({ model }) => model.frames),
        stalled.map(() => 1)
      )
      const page = stalled[0]!
      page.send({ ack: page.model.last })
      yield* on(() =>
        page.until(({ model }) => {
          if (valueOf(page, "s0") === 20) return true
          if (model.frames > 1) page.send({ ack: model.last })
          return undefined
        })
      )
      assert.isAtMost(page.model.frames, 3)
    })
  )

  it.live("slow down the device of a request whose answer they do not read", () =>
    Effect.gen(function* () {
      const { layer, site } = yield* dishSite
      const url = yield* Effect.provide(listen(pages), layer)
      const page = yield* pageAt(url)
      page.socket.pause()
      // 30 MB of informs
      page.send({ call: 1, device: "m000", request: "count", args: ["300", "100000"], timeout: 60 })
      // the gateway goes on for others meanwhile
      const other = yield* pageAt(url)
      other.send({ sub: 1, targets: ["m000/temp"] })
      yield* on(() => other.frame("subscribed"))
      assert.isTrue(site.isSynced)
      page.socket.resume()
      const reply = yield* on(() => page.frame("reply"))
      assert.deepStrictEqual([reply.code, page.frames.filter((frame) => "inform" in frame).length], ["ok", 300])
    })
  )

  it.live("find the right state after each of 20 restarts of the gateway", () =>
    Effect.gen(function* () {
      const { dish, layer } = yield* dishSite
      const set = yield* many(dish.sensors, 50)
      const http = yield* Layer.build(Http.layer)
      const url = yield* Effect.provideContext(serve(), http)
      const outer = yield* Effect.scope
      const epochs = new Set<string>()
      for (let round = 1; round <= 20; round++) {
        const life = yield* Scope.fork(outer)
        yield* Layer.buildWithScope(pages.pipe(Layer.provide(layer), Layer.provide(Layer.succeedContext(http))), life)
        const page = yield* pageAt(url, "reader")
        epochs.add((yield* on(() => page.frame("hello"))).hello.epoch)
        page.send({ sub: 1, targets: ["m000/s*"], maxHz: 50 })
        yield* set(round)
        yield* on(() =>
          page.until(
            ({ model }) =>
              model.sensors.size === 50 && [...model.sensors.values()].every(({ value }) => value === round)
          )
        )
        yield* Scope.close(life, Exit.void)
        yield* on(() => page.frame("bye"))
      }
      assert.strictEqual(epochs.size, 20)
    })
  )
})
