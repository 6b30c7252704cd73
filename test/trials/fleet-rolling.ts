import { setTimeout } from "node:timers/promises"
import { Effect } from "effect"
import { Client, Interface } from "katcp"
import { NodeClient } from "katcp/Node"
import { Stage, seconds, until } from "./fleet/Fleet.ts"
import { atRest, hasShare } from "./fleet/kill.ts"
import { Page } from "./fleet/Page.ts"
import { type Trial, table } from "./Trial.ts"

const devices = 300
const sensors = 5
/** Given by the issue. */
const mostDown = 2000
const mostAway = 5000

class Nothing extends Interface.make("nothing") {}

export const trial: Trial = {
  about: `Three runners hold ${devices} devices of a farm, with ${sensors} sensors each. Three pages of a dashboard show all of it, and a monitor mirrors
the proxy of one runner. The runners are restarted one after the other (SIGTERM). No device may be held by nobody for longer than
2 s; pages have to be connected again within 5 s; and when the devices stop, pages and monitor have to show the values of all.`,
  takes: "3 minutes",
  run: async (say) => {
    const stage = await Stage.start({ devices, sensors })
    const pages: Array<Page> = []
    const scope = new AbortController()
    try {
      await atRest(stage, devices)
      const urls = stage.runners.map(({ http }) => http)
      for (const at of [0, 1, 2]) pages.push(new Page([...urls.slice(at), ...urls.slice(0, at)]))
      const values = new Map<string, unknown>()
      const monitor = Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const client = yield* Client.make(Nothing, {
              inspect: true,
              connecting: "background",
              connectionLog: false
            })
            const set = yield* client.mirror((name) => /^m\d+\.s\d+$/.test(name))
            while (true) {
              yield* Effect.sleep("500 millis")
              for (const { name, status, value } of set.values)
                if (/^m\d+\.s\d+$/.test(name)) values.set(name, status === "nominal" ? Number(value) : status)
            }
          }).pipe(Effect.provide(NodeClient.tcp({ host: "127.0.0.1", port: stage.runners[0]!.proxy })))
        ),
        { signal: scope.signal }
      ).catch(() => {})
      const isShown = async (): Promise<ReadonlyArray<string>> => {
        const counts = await stage.farm.devices()
        const wrong: Array<string> = []
        for (const [at, { model }] of pages.entries()) {
          const shown = new Map(Array.from(model.sensors.values(), (one) => [`${one.device}/${one.name}`, one.value]))
          const missing = counts.filter(({ device, value }) =>
            Array.from({ length: sensors }, (_, sensor) => shown.get(`${device}/s${sensor}`)).some(
              (one) => one !== value
            )
          )
          if (missing.length > 0) wrong.push(`page ${at + 1}: ${missing.length} devices`)
        }
        const missing = counts.filter(({ device, value }) =>
          Array.from({ length: sensors }, (_, sensor) => values.get(`${device}.s${sensor}`)).some(
            (one) => one !== value
          )
        )
        if (missing.length > 0) wrong.push(`monitor: ${missing.length} devices`)
        return wrong
      }
      await until(() => pages.every(({ model }) => model.sensors.size === devices * sensors), 30)
      await stage.farm.reset()
      for (const runner of stage.runners) {
        await runner.end("SIGTERM")
        await runner.start()
        say(`${runner.name} was restarted`)
        await hasShare(stage, stage.runners.indexOf(runner))
        await atRest(stage, devices)
      }
      const { longestDown, overlaps } = await stage.farm.counts()
      await stage.farm.rate(0)
      let wrong: ReadonlyArray<string> = []
      await until(async () => (wrong = await isShown()).length === 0, 20)
      scope.abort()
      await monitor
      const away = Math.max(...pages.map(({ longestAway }) => longestAway))
      const unreachable = Math.max(...pages.map(({ longestUnreachable }) => longestUnreachable))
      await setTimeout(0)
      return {
        table: table(
          [
            "restarts",
            "longest that a device was held by nobody, s",
            "longest that a page showed one as away, s",
            "held twice",
            "pages connected again",
            "after at most, s",
            "not equal at the end"
          ],
          [
            [
              stage.runners.length,
              seconds(longestDown),
              seconds(unreachable),
              overlaps,
              pages.reduce((sum, { reconnects }) => sum + reconnects, 0),
              seconds(away),
              wrong.length === 0 ? 0 : wrong.join(", ")
            ]
          ]
        ),
        faults: [
          ...(longestDown > mostDown ? [`a device was held by nobody for ${seconds(longestDown)} s`] : []),
          ...(away > mostAway ? [`a page was away for ${seconds(away)} s`] : []),
          ...(overlaps > 0 ? [`devices were held twice, ${overlaps} times`] : []),
          ...wrong.map((one) => `not equal to the devices' values at the end: ${one}`)
        ]
      }
    } finally {
      scope.abort()
      for (const page of pages) page.end()
      await stage.end()
    }
  }
}
