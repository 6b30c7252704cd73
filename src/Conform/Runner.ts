import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Socket from "effect/socket/Socket"
import { Dialect } from "../Codec/index.ts"
import { type Check, clauseIn } from "./Check.ts"
import { Connection, type Settings } from "./Connection.ts"
import type { Device, Facts } from "./Device.ts"
import { type Ending, observe } from "./ending.ts"
import { lacking } from "./needs.ts"
import type { Outcome, Result } from "./Result.ts"
import type { Options } from "./run.ts"
import { Unrunnable, type Verdict } from "./Verdict.ts"

/** How many times its patience a whole check may take. */
const limit = 20
const passed: Outcome = { _tag: "Passed" }

/** What was seen of the end of a device, and what was sent and received for it. */
interface Observed {
  readonly exit: Exit.Exit<Ending, Verdict>
  readonly transcript: ReadonlyArray<string>
}

const settingsOf = ({ patience = "3 seconds" }: Options, ids: boolean): Settings => ({
  ids,
  transcript: [],
  patience: Duration.fromInputUnsafe(patience),
  count: 0
})

/** Connects; the greeting may still be to come. */
const open = ({ device }: Options, settings: Settings): Effect.Effect<Connection, Unrunnable, Scope.Scope> =>
  Effect.flatMap(Layer.build(Layer.fresh(device)), (context) =>
    Connection.open(Context.get(context, Socket.Socket), settings)
  )

/** Runs checks on one device, and knows whether it is still there. */
export class Runner {
  private readonly options: Options
  private readonly facts: Facts
  /** Held while it is found out whether the device is there. */
  private readonly looking = Semaphore.makeUnsafe(1)
  private readonly running = new Set<string>()
  /** Why nothing can be run any more. */
  private gone: string | undefined = undefined
  private readonly endings: Record<"halt" | "restart", Effect.Effect<Observed>>

  private constructor(options: Options, facts: Facts) {
    this.options = options
    this.facts = facts
    this.endings = { halt: this.observed("halt"), restart: this.observed("restart") }
  }

  static readonly make = Effect.fnUntraced(function* (options: Options, facts: Facts) {
    const runner = new Runner(options, facts)
    for (const what of ["halt", "restart"] as const) runner.endings[what] = yield* Effect.cached(runner.endings[what])
    return runner
  })

  /** Connects to a device of which nothing is known yet. */
  static first(options: Options): Effect.Effect<Connection, Unrunnable, Scope.Scope> {
    return open(options, settingsOf(options, false))
  }

  /** Runs one check, and says what became of it. */
  readonly run = Effect.fnUntraced({ self: this }, function* (check: Check): Effect.fn.Return<Result> {
    const { id, note, rows, title } = check
    const begun = yield* Clock.monotonicTimeNanos
    const settings = this.settings()
    const outcome = yield* this.outcome(check, settings)
    const ended = yield* Clock.monotonicTimeNanos
    return {
      check: { id, title, rows, ...(note === undefined ? {} : { note }) },
      clause: clauseIn(check.clause, this.facts.protocol.major),
      outcome,
      transcript: outcome._tag === "Passed" ? [] : settings.transcript,
      seconds: Number(ended - begun) / 1e9
    }
  })

  private readonly outcome = Effect.fnUntraced(
    { self: this },
    function* (check: Check, settings: Settings): Effect.fn.Return<Outcome> {
      const reason = lacking(check, this.facts, this.options)
      if (reason !== undefined) return { _tag: "NotApplicable", reason }
      const isLast = check.needs?.destructive === true
      if (this.gone !== undefined) return { _tag: "CouldNotRun", reason: this.gone }
      this.running.add(check.id)
      const outcome = yield* check.run(this.deviceFor(settings)).pipe(
        Effect.scoped,
        Effect.timeoutOrElse({
          duration: Duration.times(settings.patience, limit),
          orElse: () => Effect.fail(new Unrunnable({ reason: "it took too long" }))
        }),
        Effect.matchCause({ onSuccess: () => passed, onFailure: outcomeOf })
      )
      // those that end the device know that it goes
      const whole =
        isLast || outcome._tag === "Passed" || outcome._tag === "NotApplicable"
          ? outcome
          : yield* this.judged(outcome, settings)
      this.running.delete(check.id)
      return whole
    }
  )

  /** The outcome, and whether the device has outlived the check. One that is gone is waited for. */
  private judged(
    outcome: Outcome & { readonly _tag: "Failed" | "CouldNotRun" },
    settings: Settings
  ): Effect.Effect<Outcome> {
    const look = Effect.gen({ self: this }, function* () {
      if (this.gone !== undefined || Exit.isSuccess(yield* Effect.exit(this.roused))) return outcome
      const suspects = [...this.running].join(", ")
      const back = yield* Effect.option(this.revived)
      if (Option.isNone(back)) this.gone = `the device has gone while ${suspects} ran, and has not come back`
      const what = Option.isNone(back)
        ? "the device has gone, and has not come back"
        : "the device had gone for a while"
      if (outcome._tag === "Failed") return { ...outcome, came: `${outcome.came}; ${what}` }
      const came = `${outcome.reason}; ${what}`
      // it was there when the check began
      return settings.count > 0
        ? ({ _tag: "Failed", expected: "the device lives on", came } as const)
        : { ...outcome, reason: came }
    })
    return this.looking.withPermits(1)(look)
  }

  /** Connects and has the device say something, if it ever did. */
  private get roused(): Effect.Effect<void, Verdict> {
    const { greeting, requests } = this.facts
    const isSilent = greeting.length === 0 && requests.length === 0
    return this.opened(this.settings()).pipe(
      Effect.tap((client) => client.send("?watchdog\n")),
      Effect.flatMap((client) => (isSilent ? Effect.void : client.peek("anything", () => true))),
      Effect.scoped,
      Effect.asVoid
    )
  }

  private settings(): Settings {
    return settingsOf(this.options, this.facts.protocol.messageIds)
  }

  private opened(settings: Settings): Effect.Effect<Connection, Unrunnable, Scope.Scope> {
    return open(this.options, settings)
  }

  /** Connects, and waits for the greeting. */
  private connected(settings: Settings): Effect.Effect<Connection, Verdict, Scope.Scope> {
    const names = this.facts.greeting.map((line) => /^#([A-Za-z0-9-]+)/.exec(line)?.[1] ?? "")
    return Effect.tap(this.opened(settings), (client) => client.greeted(names))
  }

  /** Waits until the device is there. */
  private get revived(): Effect.Effect<void, Unrunnable> {
    return this.roused.pipe(
      Effect.retry(Schedule.spaced("250 millis")),
      Effect.ignore,
      Effect.timeoutOrElse({
        duration: this.options.revival ?? "10 seconds",
        orElse: () => Effect.fail(new Unrunnable({ reason: "the device does not come back" }))
      })
    )
  }

  private observed(what: "halt" | "restart"): Effect.Effect<Observed> {
    return Effect.suspend(() => {
      const settings = this.settings()
      return this.revived.pipe(
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
      dialect: Dialect.of(this.facts.protocol),
      open: this.opened(settings),
      connect: this.connected(settings),
      halted: ending("halt"),
      restarted: ending("restart"),
      revived: Effect.andThen(this.revived, this.connected(settings))
    }
  }
}

/** What the failure of a check says. */
const outcomeOf = (cause: Cause.Cause<Verdict>): Outcome => {
  const verdict = cause.reasons.find(Cause.isFailReason)?.error
  switch (verdict?._tag) {
    case "Departed":
      return { _tag: "Failed", expected: verdict.expected, came: verdict.came }
    case "Inapplicable":
      return { _tag: "NotApplicable", reason: verdict.reason }
    case "Unrunnable":
      return { _tag: "CouldNotRun", reason: verdict.reason }
    default:
      return { _tag: "CouldNotRun", reason: `the check has broken: ${Cause.squash(cause)}` }
  }
}
