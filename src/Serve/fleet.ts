/** The section `fleet`: this process is a runner, whose devices come from the fleet and not only from the file. */
import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import {
  type FleetSection,
  type FleetStore,
  linkOptions,
  makeView,
  placesOf,
  type RunnerShape,
  type Wish
} from "../Fleet/index.ts"
import { dialRunner, listenForRunners, Refusals, runSection, type Trust } from "../Fleet/node/index.ts"
import { causeOf } from "../Message/index.ts"
import { Proxy } from "../Proxy/index.ts"
import { allowOf, ListenFailed, Site, type SiteShape } from "../Site/index.ts"
import { resolveDevice } from "./devices.ts"
import { differenceWarning } from "./differences.ts"
import { SiteFileError } from "./file/Fault.ts"
import type { SiteFile } from "./sections.ts"

/** The largest number of devices of one runner. Not measured: a runner holds the whole fleet when it is the last one. */
export const mostDevices = 100_000

/** A runner as configured by a site file. */
export interface FileRunner {
  readonly runner: RunnerShape
  /** The site of all runners. */
  readonly view: SiteShape
  /** The connections that were refused at the ports for runners. */
  readonly refusals: Refusals
  /**
   * Applies the devices of a changed file: a fleet of one process holds them. In other fleets the database has the
   * devices.
   */
  readonly apply: (devices: Readonly<Record<string, unknown>>) => Effect.Effect<void>
}

/** Returns the devices of a file as those that a fleet is to hold. */
const wishesOf = (devices: Readonly<Record<string, unknown>>): ReadonlyArray<Wish> =>
  Object.entries(devices).map(([device, section]) => ({ device, section, labels: {} }))

/** Reads the certificates of a section. */
const trustOf = (file: string, { tls, token }: FleetSection): Effect.Effect<Trust, SiteFileError> =>
  Effect.try({
    try: () => {
      const read = (name: string) => readFileSync(path.resolve(path.dirname(file), name), "utf8")
      return {
        token,
        tls:
          tls === undefined
            ? undefined
            : { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key), serverName: tls.serverName }
      }
    },
    catch: (cause) => new SiteFileError({ file, faults: [{ path: "fleet.tls", message: causeOf(cause) }] })
  })

/** Turns the name of a machine into that of a runner. */
const nameOf = (host: string): string => {
  const name = host.split(".")[0]!.replace(/[^A-Za-z0-9-]/g, "-")
  return /^[A-Za-z]/.test(name) ? name : `runner-${name}`
}

/** Serves the devices of this runner to the other runners. */
const serveLink = (
  file: string,
  data: SiteFile,
  own: SiteShape,
  name: string,
  trust: Trust,
  refusals: Refusals,
  held: RunnerShape["held"]
) => {
  const { link } = placesOf(data.fleet!)
  const all = (key: "allow" | "withhold") => [...(data.proxy?.[key] ?? []), ...(data.gateway?.[key] ?? [])]
  return Layer.build(
    Proxy.layer({
      name: "runner",
      id: name,
      requests: allowOf({ allow: all("allow"), withhold: all("withhold") }),
      ...linkOptions(own, held)
    }).pipe(Layer.provide(listenForRunners(link, trust, refusals)), Layer.provide(Layer.succeed(Site, own)))
  ).pipe(
    Effect.mapError(
      (error) =>
        new ListenFailed({ at: `${link.host}:${link.port}`, message: `${file}: fleet.link: ${causeOf(error)}` })
    )
  )
}

/**
 * Runs a runner with its own site, until the scope closes. Fails with `SiteFileError` if the fleet refuses it, and with
 * `ListenFailed`.
 */
export const runFleet = (options: {
  readonly file: string
  readonly data: SiteFile
  /** The devices as written in the file, with their references to variables. */
  readonly devices: Readonly<Record<string, unknown>>
  readonly own: SiteShape
  readonly url: () => string | undefined
}): Effect.Effect<FileRunner, SiteFileError | ListenFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { data, file, own, url } = options
    const section = data.fleet!
    const name = section.name ?? nameOf(hostname())
    const trust = yield* trustOf(file, section)
    let store: FleetStore["Service"] | undefined
    let wished = options.devices
    let opened: RunnerShape | undefined
    const held = () => opened?.held() ?? new Map<string, number>()
    const refusals = new Refusals()
    yield* serveLink(file, data, own, name, trust, refusals, held)
    const runner = yield* runSection({
      section,
      name,
      trust,
      refusals,
      own,
      http: url,
      // a file may read any variable; those who add devices to a database may not
      resolve: (device, written) =>
        resolveDevice(file, device, written, process.env, section.database === undefined ? "" : undefined),
      prepare: (opened) =>
        Effect.gen(function* () {
          store = opened
          if (yield* opened.seed(wishesOf(wished)))
            return yield* Effect.logInfo(
              `fleet: the ${Object.keys(wished).length} devices of ${file} are now those of the fleet`
            )
          const { changed } = yield* opened.read()
          const inFleet = new Map(changed.map(({ device, section }) => [device, section]))
          const warning = differenceWarning(file, opened.address, wished, inFleet)
          if (warning !== undefined) yield* Effect.logWarning(warning)
        })
    }).pipe(Effect.mapError(({ message }) => new SiteFileError({ file, faults: [{ path: "fleet", message }] })))
    opened = runner
    const view = yield* makeView({
      own,
      held,
      directory: runner.directory,
      dial: ({ link }) => dialRunner(link, trust)
    })
    return {
      runner,
      view,
      refusals,
      apply: (devices) =>
        Effect.gen(function* () {
          const former = wished
          wished = devices
          if (section.database !== undefined || store === undefined) return
          const changed = wishesOf(devices).filter(
            ({ device, section: next }) => JSON.stringify(former[device]) !== JSON.stringify(next)
          )
          yield* store.put(changed)
          yield* store.remove(Object.keys(former).filter((device) => !Object.hasOwn(devices, device)))
        }).pipe(Effect.ignore)
    }
  })
