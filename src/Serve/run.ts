/**
 * Runs a site file, and applies its changes.
 *
 * A changed file is applied as a difference: unchanged devices are not touched, nor are parts with unchanged sections.
 * A malformed, missing or empty file changes nothing: the mistake is logged once, and shown in `/healthz`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { RunnerShape } from "../Fleet/index.ts"
import { Access } from "../Server/index.ts"
import {
  type DeviceRefused,
  Figures,
  Health,
  Http,
  isLoopback,
  ListenFailed,
  layerHealthz,
  layerMetrics,
  placeToListen,
  Site,
  type SiteShape
} from "../Site/index.ts"
import { listenHttp } from "../Site/node/index.ts"
import type { Changes } from "./file/Changes.ts"
import type { SiteFileError } from "./file/Fault.ts"
import { type FileRunner, mostDevices, runFleet } from "./fleet.ts"
import { fleetFigures } from "./fleetFigures.ts"
import { devicesHealth, fleetHealth } from "./health.ts"
import { httpOptions } from "./httpOptions.ts"
import { type Loaded, load } from "./load.ts"
import { CurrentArchive, CurrentRunner } from "./Part.ts"
import { parts } from "./parts.ts"
import type { SiteFile } from "./sections.ts"
import { siteMetrics } from "./siteMetrics.ts"
import { watchFile } from "./watchFile.ts"

/**
 * A running site.
 *
 * @category models
 * @since 0.1.0
 */
export interface Running {
  readonly site: SiteShape
  /** The URL of the HTTP listener; `undefined` if the file has none. */
  readonly url: () => string | undefined
  /** The reason why the current file was not applied; `undefined` if it was. */
  readonly fault: () => string | undefined
  /** The runner of a fleet; `undefined` if the file has no section `fleet`. */
  readonly runner: RunnerShape | undefined
  /** Reads the file and all files that it refers to, and applies the changes. */
  readonly reload: Effect.Effect<void>
}

/** A running part for a section of the file. */
interface Open {
  /** The data that it was started with. */
  readonly key: string
  /** Its address, if it listens. */
  readonly at?: string
  readonly scope: Scope.Closeable
}

const keyOf = (data: unknown): string => JSON.stringify(data) ?? ""

/**
 * Runs a site file until the scope closes. Fails with `SiteFileError` if the file has a mistake, with `ListenFailed` if
 * a listener cannot be opened, and with the failure of a part at its start. Later, a file that cannot be applied is
 * logged. `changes` are settings of this process, instead of those in the file that all runners of a fleet share.
 *
 * @category running
 * @since 0.1.0
 */
export const serveSite = (
  file: string,
  changes: Changes = {}
): Effect.Effect<Running, SiteFileError | ListenFailed | DeviceRefused, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const first = yield* load(file, changes)
    const isFleet = first.data.fleet !== undefined
    const options = Object.fromEntries(Array.from(first.devices, ([name, { options }]) => [name, options]))
    // the fleet adds and removes the devices of a runner
    const site = yield* isFleet
      ? Site.make({ limits: { devices: mostDevices } })
      : Site.make({ devices: options, selection: first.selection })
    const services = yield* Layer.build(
      Layer.mergeAll(Http.layer, Health.layer, Figures.layer, CurrentArchive.layer, CurrentRunner.layer)
    )
    const context = Context.add(services, Site, site)
    const { add: addHealth } = Context.get(services, Health)

    let runner: FileRunner | undefined
    /** The services with the site of all runners, for the parts that show the whole fleet. */
    let fleetContext = context

    let current = first
    let appliedAt = (yield* Clock.currentTimeMillis) / 1000
    let fault: string | undefined
    let url: string | undefined
    let listener: Open | undefined
    let roleOf = Access.make(first.data.access ?? Access.defaults)
    let isOpen = false
    const open = new Map<string, Open>()

    const listen = (data: SiteFile): Effect.Effect<void, ListenFailed> =>
      Effect.gen(function* () {
        roleOf = Access.make(data.access ?? Access.defaults)
        isOpen = data.access !== undefined || data.http?.insecure === true
        const key = keyOf(data.http)
        if (key === listener?.key) return
        const former = listener
        const place = data.http === undefined ? undefined : placeToListen(data.http.listen)
        const at = place === undefined ? "" : `${place.host}:${place.port}`
        const closeFormer = Effect.suspend(() => {
          listener = undefined
          url = undefined
          return former === undefined ? Effect.void : Scope.close(former.scope, Exit.void)
        })
        if (data.http === undefined || place === undefined) return yield* closeFormer
        // the same address allows only one; for another address, the new listener opens before the former closes
        if (former?.at === at && place.port !== 0) yield* closeFormer
        const own = yield* Scope.fork(scope)
        const opened = yield* listenHttp({
          ...httpOptions(file, data.http),
          ...place,
          roleOf: (visitor) => roleOf(visitor),
          isOpen: () => isOpen
        }).pipe(
          Effect.provideContext(services),
          Scope.provide(own),
          Effect.onError(() => Scope.close(own, Exit.void))
        )
        if (listener !== undefined) yield* closeFormer
        listener = { key, at, scope: own }
        url = opened
        if (!isLoopback(place.host) && data.http.insecure === true)
          yield* Effect.logWarning(
            `${url} can be reached from other machines, and callers need no credentials (insecure: true)`
          )
      })

    /** Starts parts whose section is new or has changed, and ends those whose section has changed or was removed. */
    const startParts = (data: SiteFile): Effect.Effect<void, unknown> =>
      Effect.forEach(
        parts,
        (part) =>
          Effect.gen(function* () {
            const key = data[part.key] === undefined ? undefined : keyOf(data[part.key])
            const former = open.get(part.key)
            if (key === former?.key) return
            if (former !== undefined) yield* Scope.close(former.scope, Exit.void)
            open.delete(part.key)
            if (key === undefined) return
            const own = yield* Scope.fork(scope)
            yield* Layer.buildWithScope(part.layer(data), own).pipe(
              Effect.provideContext(part.site === "own" ? context : fleetContext),
              Effect.onError(() => Scope.close(own, Exit.void))
            )
            open.set(part.key, { key, scope: own })
          }),
        { discard: true }
      )

    const applyDevices = (next: Loaded): Effect.Effect<ReadonlyArray<string>, DeviceRefused> =>
      Effect.gen(function* () {
        if (runner !== undefined) {
          yield* runner.apply(next.written)
          return keyOf(current.data.fleet) === keyOf(next.data.fleet)
            ? []
            : ["the section fleet changed, which applies after a restart of this process"]
        }
        const said: Array<string> = []
        const changed = (name: string) => current.devices.get(name)?.key !== next.devices.get(name)?.key
        for (const name of [...site.devices.keys()])
          if (changed(name)) {
            yield* site.remove(name)
            if (!next.devices.has(name)) said.push(`${name} removed`)
          }
        if (keyOf(rulesIn(current.data)) !== keyOf(rulesIn(next.data))) {
          yield* site.select(next.selection)
          said.push("the selection of sensors changed")
        }
        for (const [name, device] of next.devices)
          if (!site.devices.has(name)) {
            yield* site.add(name, device.options)
            said.push(`${name} ${current.devices.has(name) ? "changed" : "added"}`)
          }
        return said
      })

    const apply = (next: Loaded) =>
      Effect.gen(function* () {
        const said = yield* applyDevices(next)
        // from here on the devices are those of the file, even if the rest fails
        current = next
        yield* listen(next.data)
        yield* startParts(next.data)
        appliedAt = (yield* Clock.currentTimeMillis) / 1000
        yield* Effect.logInfo(`${file} was applied: ${said.length === 0 ? "no device changed" : said.join(", ")}`)
      })

    /** `true` if the file, or a file that it refers to, differs from the applied one. */
    const isOther = ({ devices, text }: Loaded): boolean =>
      text !== current.text || Array.from(devices).some(([name, { key }]) => current.devices.get(name)?.key !== key)
    const one = yield* Semaphore.make(1)
    /** Applies the file if it, or a file that it refers to, has changed. */
    const look = (always: boolean) =>
      load(file, changes).pipe(
        Effect.flatMap((next) => (always || fault !== undefined || isOther(next) ? apply(next) : Effect.void)),
        Effect.matchEffect({
          onSuccess: () =>
            Effect.sync(() => {
              fault = undefined
            }),
          onFailure: (error) => {
            const message = error instanceof Error ? error.message : String(error)
            if (message === fault) return Effect.void
            fault = message
            return Effect.logError(`${message}\nthe former configuration stays in use`)
          }
        }),
        one.withPermit
      )

    yield* addHealth(
      "devices",
      Effect.sync(() => devicesHealth(site))
    )
    yield* addHealth(
      "file",
      Effect.sync(() => ({ status: "ok", details: { file, appliedAt, fault: fault?.split("\n") } }) as const)
    )
    yield* siteMetrics(site)
    yield* Layer.build(Layer.merge(layerHealthz, layerMetrics)).pipe(Effect.provideContext(services))
    yield* listen(first.data)
    if (isFleet) {
      runner = yield* runFleet({ file, data: first.data, devices: first.written, own: site, url: () => url })
      fleetContext = Context.add(services, Site, runner.view)
      const shared = Context.get(services, CurrentRunner)
      shared.runner = runner.runner
      shared.view = runner.view
      yield* addHealth("fleet", fleetHealth(runner.runner))
      yield* Effect.provideContext(fleetFigures(runner), services)
    }
    yield* Effect.mapError(startParts(first.data), (error) =>
      error instanceof Error ? (error as ListenFailed) : new ListenFailed({ at: file, message: String(error) })
    )
    // other runners take the devices before the archive, the proxy and the gateway of this one close
    yield* Effect.addFinalizer(() => runner?.runner.leave ?? Effect.void)
    yield* Effect.forkScoped(Stream.runForEach(watchFile(file), () => look(false)))
    return { site, url: () => url, fault: () => fault, runner: runner?.runner, reload: look(true) }
  })

const rulesIn = ({ devices }: SiteFile) =>
  Object.entries(devices).flatMap(([name, device]) =>
    typeof device === "string" || device.sensors === undefined ? [] : [[name, device.sensors]]
  )
