/** A run neither harms a device nor blames it for what the specification leaves open. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { checks, type Options, type Report, type Result, resultText, run } from "katcp/Conform"
import { RawConnection } from "katcp/Testing"
import { all, answers, type Fault, says } from "./Fault.ts"
import { device, faulty, report, whileTimePasses } from "./lab.ts"

const minute = 60_000

const failures = ({ results }: Report) => results.filter(({ outcome }) => outcome._tag === "Failed").map(resultText)

const of = ({ results }: Report, id: string): Result => results.find(({ check }) => check.id === id)!

const tag = (whole: Report, id: string) => of(whole, id).outcome._tag

/** A device that serves so many clients at once, and what it does with one more. */
const few = (most: number, way: "closes" | "says so" | "is silent"): Fault => {
  const served = new Set<number>()
  const refused = new Set<number>()
  return {
    first: true,
    opened: ({ close, number, toClient }) => {
      if (served.size < most) return served.add(number)
      refused.add(number)
      if (way === "says so") toClient("#disconnect too\\_many\\_clients")
      if (way !== "is silent") close()
      return refused
    },
    closed: ({ number }) => served.delete(number),
    sent: (text, { number }) => (refused.has(number) ? "" : text),
    came: (line, { number }) => (refused.has(number) ? [] : [line])
  }
}

/** Counts connections. */
const counting = () => {
  const counts = { now: 0, most: 0 }
  const fault: Fault = {
    opened: () => {
      counts.most = Math.max(counts.most, ++counts.now)
    },
    closed: () => counts.now--
  }
  return { counts, fault }
}

describe("a device that serves few clients at once", () => {
  for (const way of ["closes", "says so", "is silent"] as const)
    it.effect(
      `three, and ${way}: no check fails, and checks that need more could not be run`,
      Effect.fnUntraced(function* () {
        const only = ["connect", "client", "wire-00", "list", "log-013"]
        const whole = yield* report(yield* faulty("v5", few(3, way)), { only, replyTimeout: "1 second" })
        assert.deepStrictEqual(failures(whole), [])
        assert.strictEqual(tag(whole, "client-003"), "Passed")
        assert.strictEqual(tag(whole, "client-014"), "CouldNotRun")
        assert.include(resultText(of(whole, "client-014")), "the device does not serve 20 connections")
      }),
      minute
    )

  it.effect(
    "a run respects its limit of connections; checks that need more are not applicable",
    Effect.fnUntraced(function* () {
      for (const connections of [1, 3, 7]) {
        const { counts, fault } = counting()
        const whole = yield* report(yield* faulty("v5", fault), {
          only: ["client", "wire-00"],
          connections,
          destructive: false
        })
        assert.deepStrictEqual(failures(whole), [])
        assert.isAtMost(counts.most, connections)
        assert.include(
          resultText(of(whole, "client-014")),
          `it needs more than ${connections} connections at once, which this run may not open`
        )
        assert.strictEqual(tag(whole, "client-003"), connections < 3 ? "NotApplicable" : "Passed")
      }
    }),
    minute
  )
})

describe("a device whose sensors change", () => {
  /** A run while a sensor comes and goes. */
  const restless = (options: Partial<Options>) =>
    Effect.gen(function* () {
      const dials = yield* device("v5")
      const context = yield* Layer.build(Layer.fresh(dials))
      const client = yield* RawConnection.make(Context.get(context, Socket.Socket))
      const turn = client
        .send("?add-sensor a.fleeting\n")
        .pipe(
          Effect.andThen(Effect.sleep("170 millis")),
          Effect.andThen(client.send("?remove-sensor a.fleeting\n")),
          Effect.andThen(Effect.sleep("90 millis"))
        )
      yield* Effect.forkScoped(Effect.forever(turn), { startImmediately: true })
      yield* Effect.sleep("20 millis")
      const { facts, results } = yield* run({ device: dials, testRequests: true, ...options })
      return { facts, results: yield* Stream.runCollect(results) } satisfies Report
    }).pipe(whileTimePasses)

  it.effect(
    "no check fails",
    Effect.fnUntraced(function* () {
      const whole = yield* restless({ only: ["list", "value", "sample", "refuse", "bulk"] })
      assert.deepStrictEqual(failures(whole), [])
      // what holds of the others is found out
      for (const id of ["list-002", "list-017", "value-002", "value-009", "sample-002", "bulk-001"])
        assert.strictEqual(tag(whole, id), "Passed", id)
    }),
    minute
  )
})

describe("a device that disappears", () => {
  it.effect(
    "fails the check that ended it, not the one that finds it gone",
    Effect.fnUntraced(function* () {
      // it hangs when the check has passed: it lets clients in and says nothing any more
      const watched = new Set<number>()
      let hangs = false
      const fault: Fault = {
        sent: (text, { number }) => {
          if (/^\?watchdog\r/.test(text)) watched.add(number)
          return hangs ? "" : text
        },
        came: (line) => (hangs ? [] : [line]),
        closed: ({ number }) => {
          if (watched.has(number)) hangs = true
        }
      }
      const whole = yield* report(yield* faulty("v5", fault), {
        only: ["wire-001", "wire-002", "wire-003"],
        concurrency: 1,
        restartTimeout: "1 second"
      })
      assert.deepStrictEqual(
        whole.results.map(({ outcome }) => outcome._tag),
        ["Passed", "Passed", "CouldNotRun"]
      )
      assert.include(resultText(of(whole, "wire-003")), "it went while wire-002 ran")
    })
  )

  it.effect(
    "runs harmful checks only if they are allowed, and then tests that the device is alive",
    Effect.fnUntraced(function* () {
      const harmful = checks.filter(({ harm }) => harm !== undefined).map(({ id }) => id)
      assert.include(harmful, "client-016")
      const seen: Array<string> = []
      const spared = yield* report(
        yield* faulty("v5", {
          first: true,
          sent: (text) => {
            seen.push(text)
            return text
          }
        }),
        { only: harmful, destructive: false }
      )
      for (const id of harmful) {
        assert.strictEqual(tag(spared, id), "NotApplicable", id)
        assert.include(resultText(of(spared, id)), "which this run may not risk")
      }
      assert.isFalse(seen.some((text) => text.length > 1000))

      // it dies when all has been answered
      let flooded = 0
      const fault: Fault = {
        sent: (text, { number }) => {
          if (/(\?help\n){100}/.test(text)) flooded = number
          return text
        },
        closed: ({ die, number }) => {
          if (flooded > 0 && number > flooded) die()
        }
      }
      const whole = yield* report(yield* faulty("v5", fault), {
        only: ["client-016", "halt"],
        restartTimeout: "1 second"
      })
      assert.include(resultText(of(whole, "client-016")), "FAILED")
      assert.include(resultText(of(whole, "client-016")), "the device has gone, and has not come back")
      assert.include(resultText(of(whole, "halt-001")), "the device has gone while client-016 ran")
    })
  )
})

describe("cases that the specification leaves open", () => {
  it.effect(
    "a failure without a text fails only the checks of that text",
    Effect.fnUntraced(function* () {
      for (const kind of ["v5", "v4"] as const) {
        const bare = says(/^(!\S+ (?:fail|invalid)) .*/, "$1")
        const whole = yield* report(yield* faulty(kind, bare), { destructive: false })
        for (const { check, outcome } of whole.results)
          if (outcome._tag === "Failed") assert.match(check.title, /text/, check.id)
        assert.strictEqual(tag(whole, "kind-006"), "Failed")
      }
    }),
    2 * minute
  )

  it.effect(
    "crossing periods may be answered in any way, and are not sent to a device without event-rate (sample-029)",
    Effect.fnUntraced(function* () {
      const only = ["sample-029"]
      const ways = ["!sensor-sampling fail", "!sensor-sampling ok $1 event-rate 1 5", "!sensor-sampling ok $1 none"]
      for (const reply of ways) {
        const crossed = answers(/^\?sensor-sampling (\S+) event-rate 5 1\n/, reply)
        assert.strictEqual(tag(yield* report(yield* faulty("v5", crossed), { only }), "sample-029"), "Passed", reply)
      }
      const without = answers(/^\?sensor-sampling \S+ event-rate.*\n/, "!sensor-sampling fail")
      assert.strictEqual(tag(yield* report(yield* faulty("v5", without), { only }), "sample-029"), "NotApplicable")
    })
  )

  it.effect(
    "version 4 may have a warning range, and the failure names the expected ranges (list-013, list-014)",
    Effect.fnUntraced(function* () {
      const only = ["list-013", "list-014", "value-020"]
      const integer = (text: string) => says(/integer 0 100$/, `integer${text}`)
      const float = (text: string) => says(/float (?:-10.0 10.0|-10 10)$/, `float${text}`)
      const good = all(integer(" -1 101 -2 102"), float(" -inf inf"))
      for (const kind of ["v4", "v5"] as const)
        assert.deepStrictEqual(failures(yield* report(yield* faulty(kind, good), { only })), [])
      const none = all(integer(""), float(""))
      assert.deepStrictEqual(failures(yield* report(yield* faulty("v5", none), { only })), [])
      const whole = yield* report(yield* faulty("v4", none), { only })
      assert.include(resultText(of(whole, "list-013")), "expected  integer MIN MAX [WARN-MIN WARN-MAX], of integers")
    })
  )

  it.effect(
    "a device may close the connection of a client that speaks HTTP (bad-022)",
    Effect.fnUntraced(function* () {
      const closes: Fault = {
        sent: (text, { close }) => {
          if (!text.startsWith("GET ")) return text
          close()
          return ""
        }
      }
      assert.strictEqual(tag(yield* report(yield* faulty("v5", closes), { only: ["bad-022"] }), "bad-022"), "Passed")
    })
  )
})
