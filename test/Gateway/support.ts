/** A site of two real devices behind a gateway, at a listener on a free port. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Context, Effect, Layer, Logger, Scope } from "effect"
import * as Exit from "effect/Exit"
import { Arg, Interface, Request, Sensor } from "katcp"
import * as Archive from "katcp/Archive"
import { Gateway } from "katcp/Gateway"
import { NodeClient } from "katcp/Node"
import { serve } from "katcp/promise"
import { type DeviceContract, Figures, Health, Http, layerHealthz, layerMetrics, Site } from "katcp/Site"
import * as ArchiveNode from "../../src/Archive/node/index.ts"
import { type HttpOptions, listenHttp } from "../../src/Site/node/index.ts"
import { type Asking, ask } from "../Site/http/support.ts"

/** Requests that wait in `?slow`. */
export class Dish extends Interface.make("dish").add(
  Request.make("track", {
    doc: "Point at a place.",
    args: { az: Arg.Float },
    informs: { at: Arg.Float },
    reply: { count: Arg.Int }
  }),
  Request.make("echo", { doc: "Say it again.", args: { text: Arg.Text }, reply: { text: Arg.Text } }),
  Request.make("refuse", { doc: "Fail." }),
  Request.make("slow", { doc: "Never end." }),
  Sensor.make("azimuth", { type: Arg.Float, units: "deg", doc: "Where it points" }),
  Sensor.make("mode", { type: Arg.Discrete("stow", "track"), doc: "What it does" }),
  Sensor.make("label", { type: Arg.Text, doc: "Any text" }),
  Sensor.make("wind.speed", { type: Arg.Float, units: "m/s", doc: "Wind" }),
  Sensor.make("rx.temp", { type: Arg.Int, doc: "Temperature" }),
  Sensor.make("beam.json", { type: Arg.Int, doc: "A name like a file" }),
  Sensor.make("beam.yaml", { type: Arg.Int, doc: "A name like a file" }),
  Sensor.make("beam.toml", { type: Arg.Int, doc: "A name like a file" })
) {}

export const dish = () =>
  serve(Dish, {
    host: "127.0.0.1",
    port: 0,
    handlers: ({ azimuth }) => ({
      track: ({ az }, { inform }) => {
        azimuth.set(az)
        inform({ at: az })
        return { count: 1 }
      },
      echo: ({ text }) => ({ text }),
      refuse: () => {
        throw new Error("not today")
      },
      slow: () => new Promise<void>(() => undefined)
    })
  })

type PageFile = Gateway.PageFile

export interface Options extends Partial<HttpOptions> {
  readonly allow?: ReadonlyArray<string>
  /** The requests whose arguments no record shows. */
  readonly withhold?: ReadonlyArray<string>
  readonly archive?: boolean
  /** The contract that the site has of `m001`. */
  readonly contract?: DeviceContract
  /** `true` serves KATCP lines over WebSocket. */
  readonly katcp?: boolean
  /** The files of a page, by path. */
  readonly page?: ReadonlyMap<string, PageFile>
}

/** Two devices, `m000` and `m001`, and a gateway before them. */
export const gateway = async ({
  allow = [],
  archive = false,
  contract,
  katcp = false,
  page = new Map(),
  withhold = [],
  ...http
}: Options = {}) => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-gateway-"))
  const devices = { m000: await dish(), m001: await dish() }
  const scope = Scope.makeUnsafe()
  const logged: Array<string> = []
  const logger = Logger.layer([
    Logger.make<unknown, void>(({ message }) => void logged.push([message].flat().join(" ")))
  ])
  const { site, url } = await Effect.runPromise(
    Effect.gen(function* () {
      const dial = (name: keyof typeof devices) => NodeClient.tcp({ host: "127.0.0.1", port: devices[name].port })
      const services = yield* Layer.build(
        Layer.mergeAll(
          Site.layer({ devices: { m000: dial("m000"), m001: { socket: dial("m001"), contract } } }),
          Http.layer,
          Health.layer,
          Figures.layer,
          logger
        )
      )
      const site = Context.get(services, Site)
      yield* site.synced
      const kept = Archive.layer({ every: "50 millis" }).pipe(
        Layer.provide(ArchiveNode.layerSqlite(path.join(folder, "site.db"), { quiet: true }))
      )
      const served = Gateway.layer({ ...Gateway.optionsOf({ allow, withhold, katcp }), page })
      yield* Layer.build(
        Layer.mergeAll(archive ? served.pipe(Layer.provide(kept)) : served, layerHealthz, layerMetrics)
      ).pipe(Effect.provideContext(services))
      const url = yield* Effect.provideContext(listenHttp({ port: 0, ...http }), services)
      return { site, url }
    }).pipe(Scope.provide(scope))
  )
  const port = Number(new URL(url).port)
  const asking = (to: string, asking?: Asking) => ask(port, to, asking)
  return {
    devices,
    logged,
    port,
    site,
    url,
    ask: asking,
    json: async <A>(to: string, options?: Asking): Promise<A> => {
      const { body, status } = await asking(to, options)
      if (status !== 200) throw new Error(`${to}: ${status} ${body}`)
      return JSON.parse(body) as A
    },
    close: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await Promise.all([devices.m000.close(), devices.m001.close()])
      rmSync(folder, { recursive: true })
    }
  }
}

/** A POST with a JSON body, as the API wants it. */
export const posting = (body: unknown, headers: Readonly<Record<string, string>> = {}): Asking => ({
  method: "POST",
  headers: { "x-katcp": "1", "content-type": "application/json", ...headers },
  body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body)
})
