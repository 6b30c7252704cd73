/**
 * Runs a site file, and applies its changes.
 *
 * A changed file is applied as a difference: unchanged devices are not touched, nor are parts with unchanged sections.
 * A file that cannot be applied changes nothing: the reason is logged once, and shown in `/healthz`.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { RunnerShape } from "../Fleet/index.ts"
import { errorText } from "../Message/index.ts"
import {
  type DeviceRefused,
  Figures,
  Health,
  Http,
  ListenFailed,
  layerHealthz,
  layerMetrics,
  Site,
  type SiteShape
} from "../Site/index.ts"
import { changeDevices } from "./deviceChange.ts"
import type { Changes } from "./file/Changes.ts"
import type { SiteFileError } from "./file/Fault.ts"
import { type FileRunner, mostDevices, runFleet } from "./fleet.ts"
import { fleetFigures } from "./fleetFigures.ts"
import { devicesHealth, fleetHealth } from "./health.ts"
import { type Loaded, load } from "./load.ts"
import { CurrentArchive, CurrentRunner } from "./Part.ts"
import { httpPart } from "./parts/http.ts"
import { checkParts, parts } from "./parts.ts"
import { ChangeFailed, makeRunningParts, noDeviceChange } from "./RunningParts.ts"
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
    yield* checkParts(first)
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
    /** The newest file for which a part had to be restarted in vain: it is not tried again until it changes. */
    let refused: Loaded | undefined
    const running = makeRunningParts({
      scope,
      addHealth,
      provide: ({ site }) => Effect.provideContext(site === "own" ? context : fleetContext)
    })
    const { change, differs, down, mend, url } = running

    const apply = (next: Loaded) =>
      Effect.gen(function* () {
        yield* checkParts(next, (part) => differs(part, next))
        let said: ReadonlyArray<string> = []
        const devices =
          runner === undefined
            ? {
                apply: Effect.map(changeDevices(site, current, next), (changes) => {
                  said = changes
                }),
                undo: Effect.ignore(changeDevices(site, next, current))
              }
            : { apply: runner.apply(next.written), undo: runner.apply(current.written) }
        yield* change(next, parts, devices)
        if (runner !== undefined && JSON.stringify(current.data.fleet) !== JSON.stringify(next.data.fleet))
          said = ["the section fleet changed, which applies after a restart of this process"]
        current = next
        refused = undefined
        appliedAt = (yield* Clock.currentTimeMillis) / 1000
        yield* Effect.logInfo(`${file} was applied: ${said.length === 0 ? "no device changed" : said.join(", ")}`)
      }).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (error instanceof ChangeFailed && error.restarted.length + error.down.length > 0) refused = next
          })
        )
      )

    const isOther = (one: Loaded, other: Loaded): boolean =>
      one.text !== other.text || Array.from(one.devices).some(([name, { key }]) => other.devices.get(name)?.key !== key)
    const one = yield* Semaphore.make(1)
    /** Applies the file if it, or a file that it refers to, has changed, or could not be applied yet. */
    const look = (always: boolean) =>
      Effect.gen(function* () {
        yield* mend
        const next = yield* load(file, changes)
        const isDue = refused === undefined ? fault !== undefined || isOther(next, current) : isOther(next, refused)
        if (always || isDue) yield* apply(next)
        if (refused === undefined) fault = undefined
      }).pipe(
        Effect.catchCause((cause) => {
          const error = Cause.squash(cause)
          const reason = error instanceof ChangeFailed ? errorText(Cause.squash(error.cause)) : errorText(error)
          // another mistake came between: the file counts as changed
          if (!(error instanceof ChangeFailed)) refused = undefined
          const told = reason !== fault || (error instanceof ChangeFailed && error.restarted.length > 0)
          fault = reason
          return told ? Effect.logError(`${reason}\n${outcomeOf(error, down())}`) : Effect.void
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
    yield* Effect.mapError(change(first, [httpPart], noDeviceChange), startFailure(file))
    if (isFleet) {
      runner = yield* runFleet({ file, data: first.data, devices: first.written, own: site, url })
      fleetContext = Context.add(services, Site, runner.view)
      const shared = Context.get(services, CurrentRunner)
      shared.runner = runner.runner
      shared.view = runner.view
      yield* addHealth("fleet", fleetHealth(runner.runner))
      yield* Effect.provideContext(fleetFigures(runner), services)
    }
    yield* Effect.mapError(change(first, parts, noDeviceChange), startFailure(file))
    // other runners take the devices before the archive, the proxy and the gateway of this one close
    yield* Effect.addFinalizer(() => runner?.runner.leave ?? Effect.void)
    yield* Effect.forkScoped(Stream.runForEach(watchFile(file), () => look(false)))
    return { site, url, fault: () => fault, runner: runner?.runner, reload: look(true) }
  })

/** Returns the failure of a part at the start. */
const startFailure =
  (file: string) =>
  ({ cause }: ChangeFailed): ListenFailed => {
    const error = Cause.squash(cause)
    return error instanceof Error ? (error as ListenFailed) : new ListenFailed({ at: file, message: String(error) })
  }

/** Says what runs after a file could not be applied. */
const outcomeOf = (error: unknown, down: ReadonlyArray<readonly [string, string]>): string => {
  const lines = down.map(
    ([part, reason]) => `${part} does not run: it could not be started again (${reason}), and is tried every 5 seconds`
  )
  const restarted = error instanceof ChangeFailed ? error.restarted : []
  const rest =
    restarted.length === 0
      ? "the former configuration stays in use"
      : `the former configuration is in use again: ${restarted.join(", ")} had ended for the change, and ${restarted.length === 1 ? "was" : "were"} started again`
  return [...lines, lines.length === 0 ? rest : `for everything else, ${rest}`].join("\n")
}
