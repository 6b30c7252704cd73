/** The dashboard of the example device: its sensors, live and with their history, and its requests. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { Archive, layer as layerArchive } from "katcp/Archive"
import { layerSqlite } from "katcp/Archive/node"
import { pageFiles } from "katcp/Dashboard/node"
import { Gateway } from "katcp/Gateway"
import { NodeClient } from "katcp/Node"
import { Allow, Http, Site } from "katcp/Site"
import { listenHttp } from "katcp/Site/node"
import { Example } from "./contract.ts"

/** Serves the dashboard of a device until the scope closes. Returns its address: port 8147, or a free one if that is taken. */
export const serveDashboard = (host: string, port: number) =>
  Effect.gen(function* () {
    // history that is removed when the program ends
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "katcp-example-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const site = Site.layer({ devices: { example: { socket: NodeClient.tcp({ host, port }), contract: Example } } })
    const archive = layerArchive().pipe(
      Layer.provide(layerSqlite(path.join(folder, "history.db"))),
      Layer.provide(site)
    )
    const services = yield* Layer.build(Layer.mergeAll(site, archive, Http.layer))
    return yield* Effect.gen(function* () {
      const history = yield* Archive
      const requests = Allow.only("example/*")
      yield* Layer.build(Gateway.layer({ requests, page: pageFiles(), history: Effect.succeed(history) }))
      return yield* Effect.catchTag(listenHttp({ port: 8147 }), "ListenFailed", () => listenHttp({ port: 0 }))
    }).pipe(Effect.provideContext(services))
    // its client is this program: its connection need not be logged
  }).pipe(Effect.provideService(References.MinimumLogLevel, "Warn"), Effect.provideService(Logger.LogToStderr, true))
