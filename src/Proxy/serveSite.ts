import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { Turn } from "../Codec/index.ts"
import { DeviceLog, type RequestSet, type Role, roleNeeded, standardRequests } from "../Interface/index.ts"
import type { SensorSet } from "../Sensor/index.ts"
import type { Guard } from "../Server/index.ts"
import { Allow, ClientFollowers, Figures, Site } from "../Site/index.ts"
import { AtEndOfTurn } from "./AtEndOfTurn.ts"
import { DemandedReadings } from "./DemandedReadings.ts"
import { type Found, lookUp } from "./lookUp.ts"
import { type DeviceFigures, OwnSensors, put } from "./OwnSensors.ts"
import { type ProxyOptions, ProxyRefused } from "./options.ts"
import { PathOfProxies, pathSensor } from "./PathOfProxies.ts"
import { passLogs } from "./passLogs.ts"
import { refusalOf } from "./refusal.ts"
import { SensorRules } from "./SensorRule.ts"
import { ServedRequests } from "./ServedRequests.ts"
import { ServedSensors } from "./ServedSensors.ts"
import { takeSensors } from "./takeSensors.ts"
import { withheldOn } from "./withheldOn.ts"

/** Devices up to which each change of one is a look at all of them. Not measured: it takes some 0.1 ms. */
const fewDevices = 100
/** Milliseconds of rest for each device before a look at more of them. Measured: with 1,000, a look takes 2 ms, so it takes 4 % of a core while devices come and go. */
const restOfDevice = 0.05

/** A site that is being served. */
export interface ServedSite {
  /** Delays requests for readings until the readings are there; undefined if readings come without demand. */
  readonly guard: Guard | undefined
  /** Returns all items with a name, for a client of a role. */
  readonly lookUp: (name: string, role: Role) => ReadonlyArray<Found>
}

/** Requests that a device's request never replaces. */
const reserved: ReadonlySet<string> = new Set([
  ...standardRequests,
  "log-default",
  "log-limit",
  "log-local",
  "log-override",
  "log-record",
  "proxy-check"
])

/** Keeps the sensors, requests and log of a device in line with the site, until the scope closes. */
export const serveSite = (
  options: ProxyOptions,
  set: SensorSet,
  requestSet: RequestSet
): Effect.Effect<ServedSite, ProxyRefused, Site | DeviceLog | Scope.Scope> =>
  Effect.gen(function* () {
    const site = yield* Site
    const log = yield* DeviceLog
    const clock = yield* Clock.Clock
    const { table } = site
    const { requests: allow = Allow.none, transparent } = options
    const refusal = refusalOf(options, [...site.devices.keys()])
    if (refusal !== undefined) return yield* new ProxyRefused({ message: refusal.message })
    const rules = new SensorRules(options.sensors ?? [], transparent)
    const now = () => clock.currentTimeMillisUnsafe() / 1000

    const own = new OwnSensors(set, transparent === undefined)
    const sensors = new ServedSensors({
      table,
      set,
      rules,
      isOwn: ({ name }) => transparent !== undefined && name === pathSensor,
      ranged: options.server?.protocol !== undefined && options.server.protocol.major < 5
    })
    const demanded = site.demand === undefined ? undefined : new DemandedReadings(site.demand, set, sensors)
    sensors.supply = demanded
    const requests = new ServedRequests({
      site,
      set: requestSet,
      allow,
      transparent,
      reserved,
      withholds: withheldOn(options),
      run: yield* FiberSet.makeRuntime<never>()
    })

    const path = new PathOfProxies(options.id ?? (yield* randomId), site, () => tell())
    /** Sets the sensors for names and loops. */
    const tell = () => {
      const time = now()
      put(own.path, path.value, time)
      put(own.loops, [...path.loops.keys()].join(" "), time)
      put(own.conflicts, [...sensors.conflicts.lines, ...requests.conflicts].join("\n"), time)
    }
    const setStatus = () => own.setStatus(site.devices.values(), table, now())
    const turn = new Turn((yield* Scheduler.Scheduler).makeDispatcher())
    // it looks at all devices
    const status = new AtEndOfTurn(turn, setStatus)

    const off = table.onReading((row, reading) => {
      sensors.receive(row, reading)
      if (row.name === "device-status") status.schedule()
    })
    yield* Effect.addFinalizer(() => Effect.sync(off))
    const followers = new ClientFollowers(site, (device) =>
      Effect.andThen(passLogs(log, device), Effect.asVoid(Effect.forkScoped(path.watch(device))))
    )

    const { state } = options
    const setStates = (all: boolean) => {
      if (state !== undefined) own.setStates(site.devices, state, all, now())
    }
    const takeDevices = Effect.gen(function* () {
      yield* set.batch(Effect.sync(() => setStates(false)))
      yield* followers.update
      yield* requests.update
      setStatus()
      tell()
    })
    const found = yield* Effect.serviceOption(Figures)
    const parts = found._tag === "Some" ? found.value.all : () => []
    const figures = set.batch(
      Effect.sync(() => {
        const byDevice = new Map<string, DeviceFigures>()
        for (const { health, name } of site.devices.values())
          byDevice.set(name, {
            connected: health.connected,
            synced: health.synced && sensors.waits === 0,
            lag: health.lag,
            updates: health.readings,
            skipped: health.refused + sensors.conflicts.countOf(name),
            requests: requests.countOf(name)
          })
        own.setFigures(byDevice, now())
        own.setParts(parts(), now())
        setStates(true)
      })
    )

    yield* takeSensors(site, set, sensors, turn, tell)
    yield* takeDevices
    yield* figures
    let revision = site.deviceRevision
    const rest = Effect.suspend(() => {
      const { size } = site.devices
      return size > fewDevices ? Effect.sleep(size * restOfDevice) : Effect.void
    })
    yield* Effect.forkScoped(
      Effect.suspend(() => site.devicesChanged(revision)).pipe(
        Effect.andThen(rest),
        Effect.andThen(
          Effect.suspend(() => {
            revision = site.deviceRevision
            return takeDevices
          })
        ),
        Effect.forever
      )
    )
    // timeout hints change without a change of their device's state
    const lookAgain = Effect.andThen(figures, requests.update)
    yield* Effect.forkScoped(Effect.forever(Effect.delay(lookAgain, options.figuresEvery ?? "1 second")))
    return {
      guard: demanded?.guard,
      lookUp: (name, role) =>
        lookUp(
          {
            site,
            sensors,
            requests,
            rules,
            hasOwnSensor: (sensor) => set.has(sensor),
            ownRole: (request) =>
              reserved.has(request) ? (request === "proxy-check" ? "read" : roleNeeded({ name: request })) : undefined
          },
          name,
          role
        )
    }
  })

const randomId: Effect.Effect<string> = Effect.zipWith(
  Random.nextInt,
  Random.nextInt,
  (one, other) => `${Math.abs(one).toString(36)}${Math.abs(other).toString(36)}`
)
