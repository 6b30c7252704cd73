/**
 * The common part of all pages of a gateway: one reader of the table, and one loop that gives each page its next frame.
 *
 * The loop sleeps until something has changed for a page that is ready. It then takes the changes since the last round,
 * marks them in the views, and asks each view for a frame. While no page is ready, the table keeps the changes, and a
 * slow page costs nothing but its marks.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Allow, SiteShape } from "../../Site/index.ts"
import { LiveDevices } from "./LiveDevices.ts"
import { type LiveSensor, LiveSensors } from "./LiveSensors.ts"
import type { LiveTarget } from "./targets.ts"
import type { Subscription, View } from "./View.ts"

/**
 * The time between two rounds of the loop, in milliseconds: changes within it are sent together, for all pages. Not
 * measured: people do not notice this delay, and the largest `maxHz` is 50.
 */
const roundEvery = 20
/**
 * The time between two checks of all devices, in milliseconds. Not measured: a site that starts has thousands of events
 * in a second.
 */
const devicesEvery = 200
/**
 * Matches of a sensor with a target between two turns of the event loop. Measured: a glob takes 50 to 100 ns, so 2 ms.
 */
const matchesAtOnce = 20_000

/** A page, from the hub's view. */
export interface HubPage {
  readonly view: View
  /** The time when the page itself has something to send. */
  readonly due: number
  /** Sends the page's pending output, including a frame of the view. */
  readonly round: (now: number, time: number) => Effect.Effect<void>
}

/** A subscription and the number of its sensors. */
interface SubscribedTo {
  readonly sensors: number
  /** The targets that match no sensor yet. */
  readonly unmatched: ReadonlyArray<string>
  /** The number of times that a sensor was matched against a target. */
  readonly matches: number
}

/** See the top of the file. */
export class Hub {
  readonly sensors: LiveSensors
  readonly devices: LiveDevices
  readonly pages = new Set<HubPage>()
  private readonly site: SiteShape
  private readonly clock: Clock.Clock
  private readonly news = Latch.makeUnsafe(false)
  /** The subscriptions that have a sensor by name. */
  private readonly exact = new Map<string, Set<Subscription>>()
  /** The subscriptions with patterns, by the text of the pattern: equal patterns of several pages are matched once. */
  private readonly patterns = new Map<string, { readonly target: LiveTarget; readonly of: Set<Subscription> }>()
  private lastRound = Number.NEGATIVE_INFINITY
  private lastDevices = Number.NEGATIVE_INFINITY

  constructor(site: SiteShape, allow: Allow.Allow, clock: Clock.Clock) {
    this.site = site
    this.clock = clock
    this.sensors = new LiveSensors(site.table, site.demand)
    this.devices = new LiveDevices(site, this.sensors, allow)
  }

  /** Milliseconds of a clock that never jumps. */
  now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  /** The time in seconds since 1970. */
  time(): number {
    return this.clock.currentTimeMillisUnsafe() / 1000
  }

  /** Reports a change that the loop does not see itself: a page has acknowledged a frame, or subscribed. */
  poke(): void {
    this.news.openUnsafe()
  }

  /** Adds a page. */
  join(page: HubPage): void {
    this.pages.add(page)
    for (const device of this.devices.all.values()) page.view.devices.changed(device)
    page.view.devices.setMissing(this.site.missing?.() ?? [])
    this.poke()
  }

  /** Removes a page. */
  leave(page: HubPage): void {
    this.pages.delete(page)
    for (const subscription of page.view.all) this.unregister(subscription)
    page.view.close()
  }

  // ------------------------------------------------------------ subscriptions

  /** The number of patterns that new sensors are matched against. */
  get patternCount(): number {
    return this.patterns.size
  }

  /** Subscribes a page, replacing its subscription of the same number. Other fibers run between slices. */
  readonly subscribe = Effect.fnUntraced(
    { self: this as Hub },
    function* (view: View, id: number, targets: ReadonlyArray<LiveTarget>, maxHz: number) {
      const former = view.subscriptions.get(id)
      const subscription = view.subscribe(id, targets, maxHz)
      this.register(subscription)
      const met = new Set<LiveTarget>()
      let sensors = 0
      const take = (sensor: LiveSensor) => {
        if (view.isWatched(subscription, sensor)) return
        sensors++
        view.watch(subscription, sensor)
      }
      for (const target of targets) {
        const sensor = target.exact === undefined ? undefined : this.sensors.byPath.get(target.exact)
        if (sensor === undefined) continue
        met.add(target)
        take(sensor)
      }
      const patterns = targets.filter(({ exact }) => exact === undefined)
      let matches = 0
      if (patterns.length > 0)
        for (const sensor of this.sensors.byPath.values()) {
          if (matches % matchesAtOnce > (matches + patterns.length) % matchesAtOnce) yield* Effect.yieldNow
          matches += patterns.length
          const { device, name, removed } = sensor.row
          if (removed) continue
          for (const target of patterns)
            if (target.matches(device, name)) {
              met.add(target)
              take(sensor)
            }
        }
      if (former !== undefined) this.end(former)
      this.poke()
      const unmatched = targets.filter((target) => !met.has(target)).map(({ text }) => text)
      return { sensors, unmatched, matches } satisfies SubscribedTo
    }
  )

  /** Ends a subscription. */
  end(subscription: Subscription): void {
    this.unregister(subscription)
    subscription.view.end(subscription)
    this.poke()
  }

  private register(subscription: Subscription): void {
    for (const target of subscription.targets) {
      const { exact, text } = target
      if (exact !== undefined) {
        const known = this.exact.get(exact)
        if (known === undefined) this.exact.set(exact, new Set([subscription]))
        else known.add(subscription)
      } else {
        const known = this.patterns.get(text)
        if (known === undefined) this.patterns.set(text, { target, of: new Set([subscription]) })
        else known.of.add(subscription)
      }
    }
  }

  private unregister(subscription: Subscription): void {
    for (const { exact, text } of subscription.targets) {
      const of = exact === undefined ? this.patterns.get(text)?.of : this.exact.get(exact)
      of?.delete(subscription)
      if (of?.size !== 0) continue
      if (exact === undefined) this.patterns.delete(text)
      else this.exact.delete(exact)
    }
  }

  /** Matches new sensors against all subscriptions. */
  private readonly match = Effect.fnUntraced({ self: this as Hub }, function* (added: ReadonlyArray<LiveSensor>) {
    let matches = 0
    for (const sensor of added) {
      if (matches >= matchesAtOnce) {
        matches = 0
        yield* Effect.yieldNow
      }
      const { device, name, path, removed } = sensor.row
      if (removed) continue
      for (const subscription of this.exact.get(path) ?? []) subscription.view.watch(subscription, sensor)
      matches += 1 + this.patterns.size
      for (const { of, target } of this.patterns.values())
        if (target.matches(device, name)) for (const subscription of of) subscription.view.watch(subscription, sensor)
    }
  })

  // ------------------------------------------------------------ the loop

  /** Gives frames to the pages, forever. */
  readonly run: Effect.Effect<never> = Effect.forever(
    Effect.suspend(() => {
      this.news.closeUnsafe()
      const wait = this.nextRound() - this.now()
      return wait <= 0 ? this.round : this.wait(wait)
    }),
    { disableYield: true }
  )

  private nextRound(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { due } of this.pages) if (due < next) next = due
    if (this.sensors.isBehind) for (const { view } of this.pages) if (view.ready < next) next = view.ready
    if (this.devices.isBehind && this.pages.size > 0) next = Math.min(next, this.lastDevices + devicesEvery)
    return Math.max(next, this.lastRound + roundEvery)
  }

  /** Waits, up to this number of milliseconds, for anything that can advance the next round. */
  private wait(most: number): Effect.Effect<void> {
    const { devices, news, sensors, site } = this
    const waits: Array<Effect.Effect<void>> = [news.await]
    if (most !== Number.POSITIVE_INFINITY) waits.push(Effect.sleep(most))
    if (this.pages.size > 0) {
      if (!sensors.isBehind) waits.push(site.table.changed(sensors.revision))
      if (!devices.isBehind) waits.push(site.devicesChanged(devices.revision))
    }
    return Effect.raceAllFirst(waits)
  }

  private readonly round: Effect.Effect<void> = Effect.gen({ self: this as Hub }, function* () {
    const { devices, pages, sensors } = this
    if (sensors.isBehind) yield* this.match(sensors.update())
    const now = this.now()
    if (devices.isBehind && now >= this.lastDevices + devicesEvery) {
      this.lastDevices = now
      const { changed, gone } = devices.update()
      const missing = this.site.missing?.() ?? []
      for (const { view } of pages) {
        view.devices.setMissing(missing)
        for (const name of gone) view.devices.gone(name)
        for (const device of changed) view.devices.changed(device)
      }
    }
    for (const name of sensors.recounted) for (const { view } of pages) view.devices.recounted(name)
    sensors.recounted.clear()
    this.lastRound = now
    const time = this.time()
    for (const page of [...pages]) yield* page.round(now, time)
  })
}
