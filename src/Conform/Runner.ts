import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Dialect } from "../Codec/index.ts"
import { type Check, clauseIn } from "./Check.ts"
import { Connection, type Settings } from "./Connection.ts"
import type { Device, Facts } from "./Device.ts"
import { type Ending, observe } from "./ending.ts"
import { Liveness } from "./Liveness.ts"
import { lacking } from "./needs.ts"
import { clientsOf, listedSensors } from "./probe.ts"
import type { Outcome, Result } from "./Result.ts"
import type { Options } from "./run.ts"
import { SensorHistory } from "./SensorHistory.ts"
import { Inapplicable, Unrunnable, type Verdict } from "./Verdict.ts"

/**
 * Reply timeouts that a whole check may take. Not measured: a minute by default; the longest checks wait for some ten
 * answers.
 */
const limit = 20
/**
 * Attempts for a check whose sensors come and go, or whose connections the device does not serve. Not measured: a
 * device that comes and goes passes one of four.
 */
const tries = 4
/** Queries for changing sensors. Not measured: a second in all. */
const looks = 4
/** The time between these. Not measured: as above. */
const lookEvery = "250 millis"
const passed: Outcome = { _tag: "Passed" }

/** An observed end of a device, with the lines sent and received. */
interface Observed {
  readonly exit: Exit.Exit<Ending, Verdict>
  readonly transcript: ReadonlyArray<string>
}

const settingsOf = ({ replyTimeout = "3 seconds" }: Options): Settings => ({
  ids: false,
  budget: Number.POSITIVE_INFINITY,
  greeting: [],
  transcript: [],
  replyTimeout: Duration.fromInputUnsafe(replyTimeout),
  count: 0,
  open: 0,
  received: 0,
  turnedAway: false,
  closing: { unanswered: 0 }
})

/** Connects; the greeting may still be to come. */
const open = (
  { device }: Options,
  settings: Settings
): Effect.Effect<Connection, Unrunnable | Inapplicable, Scope.Scope> =>
  Effect.gen(function* () {
    if (settings.open >= settings.budget)
      return yield* new Inapplicable({
        reason: `it needs more than ${settings.budget} connections at once, which this run may not open`
      })
    yield* Effect.acquireRelease(
      Effect.sync(() => settings.open++),
      () => Effect.sync(() => settings.open--)
    )
    const context = yield* Layer.build(Layer.fresh(device))
    return yield* Connection.open(Context.get(context, Socket.Socket), settings)
  })

/** Runs checks on one device, and knows if it is alive. */
export class Runner {
  private readonly options: Options
  private readonly facts: Facts
  private readonly liveness: Liveness
  private readonly sensorHistory: SensorHistory
  private readonly greeting: ReadonlyArray<string>
  private readonly closing: Settings["closing"] = { unanswered: 0 }
  /** `true` if it has neither greeted nor answered. */
  private readonly isSilent: boolean
  private readonly endings: Record<"halt" | "restart", Effect.Effect<Observed>>

  private constructor(options: Options, facts: Facts) {
    this.options = options
    this.facts = facts
    this.liveness = new Liveness(this.responds, options.restartTimeout ?? "10 seconds")
    this.sensorHistory = new SensorHistory(facts.sensors)
    this.greeting = facts.greeting.map((line) => /^#([A-Za-z0-9-]+)/.exec(line)?.[1] ?? "")
    this.isSilent = facts.greeting.length === 0 && facts.requests.length === 0
    this.endings = { halt: this.observed("halt"), restart: this.observed("restart") }
  }

  static readonly make = Effect.fnUntraced(function* (options: Options, facts: Facts) {
    const runner = new Runner(options, facts)
    for (const what of ["halt", "restart"] as const) runner.endings[what] = yield* Effect.cached(runner.endings[what])
    return runner
  })

  /** Connects to an unknown device. */
  static first(options: Options): Effect.Effect<Connection, Unrunnable, Scope.Scope> {
    return Effect.catchTag(open(options, settingsOf(options)), "Inapplicable", Effect.die)
  }

  /**
   * Runs one check beside others. Returns no outcome unless the check passes: the others may be the reason, and it must
   * run again after they have ended.
   */
  readonly runBeside = Effect.fnUntraced({ self: this }, function* (check: Check, budget: number): Effect.fn.Return<
    Result | undefined
  > {
    const { outcome, settings, time } = yield* this.once(check, budget)
    const isOver = outcome._tag === "Passed" || outcome._tag === "NotApplicable" || this.liveness.gone !== undefined
    return isOver ? this.result(check, outcome, settings, time) : undefined
  })

  /** Runs one check while no other check runs. Returns its outcome. */
  readonly runAlone = Effect.fnUntraced({ self: this }, function* (check: Check): Effect.fn.Return<Result> {
    for (let left = tries - 1; ; left--) {
      const { outcome, settings, time } = yield* this.once(check, this.options.connections ?? Number.POSITIVE_INFINITY)
      const done = (outcome: Outcome) => this.result(check, outcome, settings, time)
      const isOver = outcome._tag === "Passed" || outcome._tag === "NotApplicable" || this.liveness.gone !== undefined
      if (isOver || check.needs?.destructive === true) return done(outcome)
      const reason = yield* this.notJudgedBecause(check, outcome, settings)
      if (reason === undefined) return done(outcome)
      if (left > 0) continue
      return done(reason === "" ? outcome : { _tag: "CouldNotRun", reason })
    }
  })

  /**
   * Returns why a failed check may prove nothing, so it must run again: while it fails, it could not be run for that
   * reason. It also runs again without such a reason if the device may not have noticed yet that former clients have
   * gone.
   */
  private readonly notJudgedBecause = Effect.fnUntraced(
    { self: this },
    function* (
      { needs }: Check,
      { _tag }: Outcome,
      { count, turnedAway }: Settings
    ): Effect.fn.Return<string | undefined> {
      if (this.facts.several && turnedAway) {
        yield* this.emptied
        return count > 1 ? `the device does not serve ${count} connections, one soon after the other` : ""
      }
      const isOfSensors = needs?.sensor !== undefined || needs?.set !== undefined
      if (_tag !== "Failed" || !isOfSensors || !(yield* this.sensorsChange)) return undefined
      return `the sensors of the device come and go: ${[...this.sensorHistory.unstable].slice(0, 5).join(", ")}`
    }
  )

  private readonly once = Effect.fnUntraced({ self: this }, function* (check: Check, budget: number) {
    const settings = this.settings(budget)
    const begun = yield* Clock.monotonicTimeNanos
    const outcome = yield* this.outcome(check, settings)
    return { settings, outcome, time: Number((yield* Clock.monotonicTimeNanos) - begun) / 1e6 }
  })

  private result({ clause, id, note, rows, title }: Check, outcome: Outcome, settings: Settings, time: number): Result {
    return {
      check: { id, title, rows, ...(note === undefined ? {} : { note }) },
      clause: clauseIn(clause, this.facts.protocol.major),
      outcome,
      transcript: outcome._tag === "Passed" ? [] : settings.transcript,
      seconds: time / 1000
    }
  }

  private readonly outcome = Effect.fnUntraced(
    { self: this },
    function* (check: Check, settings: Settings): Effect.fn.Return<Outcome> {
      const reason = lacking(check, { ...this.facts, sensors: this.sensorHistory.stable }, this.options)
      if (reason !== undefined) return { _tag: "NotApplicable", reason }
      if (this.liveness.gone !== undefined) return { _tag: "CouldNotRun", reason: this.liveness.gone }
      return yield* this.liveness.during(
        check,
        check.run(this.deviceFor(settings)).pipe(
          Effect.scoped,
          Effect.timeoutOrElse({
            duration: Duration.times(settings.replyTimeout, limit),
            orElse: () => Effect.fail(new Unrunnable({ reason: "it took too long" }))
          }),
          Effect.matchCause({ onSuccess: () => passed, onFailure: outcomeOf })
        ),
        settings
      )
    }
  )

  /** `true` if sensors of the device come and go. Queries several times, because they may do so between two queries. */
  private readonly sensorsChange: Effect.Effect<boolean> = Effect.gen({ self: this }, function* () {
    const list = this.connected(this.settings()).pipe(Effect.flatMap(listedSensors), Effect.scoped, Effect.option)
    let moved = false
    for (let count = 0; count < looks; count++) {
      if (count > 0) yield* Effect.sleep(lookEvery)
      const sensors = yield* list
      if (Option.isSome(sensors) && this.sensorHistory.look(sensors.value)) moved = true
    }
    return moved
  })

  /** Waits until the device has noticed that our clients have gone, if it lists its clients. */
  private readonly emptied: Effect.Effect<void> = Effect.suspend(() => {
    const { clients } = this.facts
    const settings = this.settings()
    if (clients === undefined) return Effect.sleep(lookEvery)
    return this.connected(settings).pipe(
      Effect.flatMap(clientsOf),
      Effect.scoped,
      Effect.flatMap((now) => (now !== undefined && now <= clients ? Effect.void : Effect.fail("too many"))),
      Effect.retry(Schedule.spaced("50 millis")),
      Effect.ignore,
      Effect.timeoutOption(settings.replyTimeout),
      Effect.asVoid
    )
  })

  /** Connects and waits for a line, if the device ever sent one. */
  private get responds(): Effect.Effect<void, Verdict> {
    return Effect.suspend(() => {
      const { isSilent } = this
      return this.opened(this.settings()).pipe(
        Effect.tap((client) => client.send("?watchdog\n")),
        Effect.flatMap((client) => (isSilent ? Effect.void : client.peek("anything", () => true))),
        Effect.scoped,
        Effect.asVoid
      )
    })
  }

  private settings(budget = Number.POSITIVE_INFINITY): Settings {
    const { greeting, closing } = this
    return { ...settingsOf(this.options), ids: this.facts.protocol.messageIds, budget, greeting, closing }
  }

  private opened(settings: Settings): Effect.Effect<Connection, Unrunnable | Inapplicable, Scope.Scope> {
    return open(this.options, settings)
  }

  /** Connects, and waits for the greeting. */
  private connected(settings: Settings): Effect.Effect<Connection, Verdict, Scope.Scope> {
    return Effect.tap(this.opened(settings), (client) => client.greeted(this.greeting))
  }

  private observed(what: "halt" | "restart"): Effect.Effect<Observed> {
    return Effect.suspend(() => {
      const settings = this.settings()
      return this.liveness.returned.pipe(
        Effect.andThen(observe(what, this.facts, this.options.testRequests === true, this.connected(settings))),
        Effect.scoped,
        Effect.exit,
        Effect.map((exit) => ({ exit, transcript: settings.transcript }))
      )
    })
  }

  private deviceFor(settings: Settings): Device {
    const ending = (what: "halt" | "restart") =>
      Effect.flatMap(this.endings[what], ({ exit, transcript }) => {
        for (const line of transcript) settings.transcript.push(line)
        return exit
      })
    return {
      ...this.facts,
      sensors: this.sensorHistory.stable,
      dialect: Dialect.of(this.facts.protocol),
      open: this.opened(settings),
      connect: this.connected(settings),
      halted: ending("halt"),
      restarted: ending("restart"),
      reconnected: Effect.andThen(this.liveness.returned, this.connected(settings))
    }
  }
}

/** Returns the outcome of a failed check. */
const outcomeOf = (cause: Cause.Cause<Verdict>): Outcome => {
  const verdict = cause.reasons.find(Cause.isFailReason)?.error
  switch (verdict?._tag) {
    case "Deviation":
      return { _tag: "Failed", expected: verdict.expected, came: verdict.came }
    case "Inapplicable":
      return { _tag: "NotApplicable", reason: verdict.reason }
    case "Unrunnable":
      return { _tag: "CouldNotRun", reason: verdict.reason }
    default:
      return { _tag: "CouldNotRun", reason: `the check has broken: ${Cause.squash(cause)}` }
  }
}
