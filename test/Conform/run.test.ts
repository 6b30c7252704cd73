/** The run itself: with other programs instead of devices, with devices that die, or must not be ended or changed; its reports. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import * as TestClock from "effect/testing/TestClock"
import {
  checks,
  factsText,
  type Report,
  type Result,
  reportJson,
  reportText,
  resultText,
  run,
  summaryText
} from "katcp/Conform"
import { Protocol } from "katcp/Message"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { all, answers, dies, type Fault, hides, says } from "./Fault.ts"
import { device, faulty, report, stranger, whileTimePasses } from "./lab.ts"

const tally = ({ results }: Report) => {
  const counts = { Passed: 0, Failed: 0, NotApplicable: 0, CouldNotRun: 0 }
  for (const { outcome } of results) counts[outcome._tag]++
  return counts
}

const passing = ({ results }: Report) =>
  results.filter(({ outcome }) => outcome._tag === "Passed").map(({ check }) => check.id)

const of = ({ results }: Report, id: string): Result => results.find(({ check }) => check.id === id)!

/** Reads what comes and says nothing; says something else to each chunk. */
const listener = (answer?: (bytes: Uint8Array) => string) => (socket: Socket.Socket) =>
  Effect.gen(function* () {
    const writer = yield* socket.writer
    const pull = yield* Socket.readerBytes(socket)
    return yield* Effect.forever(
      Effect.flatMap(pull, (chunks) => (answer === undefined ? Effect.void : writer.write(chunks.map(answer).join(""))))
    )
  })

const minute = 60_000

describe("servers that are not devices", () => {
  it.effect(
    "no listener: one error, and no results",
    Effect.fnUntraced(function* () {
      const nobody = MemoryNetwork.layerClient.pipe(Layer.provide(MemoryNetwork.layerEmpty()))
      const error = yield* Effect.flip(run({ device: nobody }))
      assert.strictEqual(error._tag, "Unreachable")
      assert.include(error.message, "no connection")
    })
  )

  it.effect(
    "a silent server: no check passes, and the run ends",
    Effect.fnUntraced(function* () {
      const whole = yield* report(yield* stranger(listener()), {
        replyTimeout: "200 millis",
        restartTimeout: "1 second"
      })
      assert.strictEqual(whole.results.length, checks.length)
      assert.deepStrictEqual(passing(whole), [])
      assert.deepStrictEqual(whole.facts.requests, [])
    }),
    minute
  )

  it.effect(
    "an echo server, or another protocol",
    Effect.fnUntraced(function* () {
      const echo = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")
      for (const answer of [echo, () => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"]) {
        const whole = yield* report(yield* stranger(listener(answer)), {
          replyTimeout: "200 millis",
          restartTimeout: "1 second"
        })
        assert.strictEqual(whole.results.length, checks.length)
        assert.deepStrictEqual(passing(whole), [])
      }
    }),
    minute
  )

  it.effect(
    "a server that closes each connection at once",
    Effect.fnUntraced(function* () {
      const closing = (socket: Socket.Socket) =>
        Effect.asVoid(Effect.andThen(socket.writer, Socket.readerBytes(socket)))
      const whole = yield* report(yield* stranger(closing), { replyTimeout: "200 millis", restartTimeout: "1 second" })
      assert.deepStrictEqual(passing(whole), [])
    }),
    minute
  )
})

describe("a device that dies", () => {
  it.effect(
    "is reported by the check during which it died; the others cannot run, and do not wait for it",
    Effect.fnUntraced(function* () {
      const broken = yield* faulty("v5", dies(/^\?watchdog\r/))
      const whole = yield* report(broken, { only: ["wire-00"], concurrency: 1, restartTimeout: "2 seconds" })
      assert.deepStrictEqual(
        whole.results.map(({ outcome: { _tag } }) => _tag),
        ["Passed", "Failed", ...Array(7).fill("CouldNotRun")]
      )
      assert.include(resultText(of(whole, "wire-002")), "the device has gone, and has not come back")
      assert.include(resultText(of(whole, "wire-003")), "the device has gone while wire-002 ran")
    })
  )

  it.effect(
    "and comes back: the run continues",
    Effect.fnUntraced(function* () {
      // three times nobody is let in
      let closed = 0
      const fault: Fault = {
        sent: (text, { close, number }) => {
          if (number > 1 && /^\?watchdog\r/.test(text)) closed = 3
          if (closed === 0) return text
          closed--
          close()
          return ""
        }
      }
      const whole = yield* report(yield* faulty("v5", all(fault, hides(/^#version/))), {
        only: ["wire-002", "wire-008"],
        concurrency: 1
      })
      assert.include(resultText(of(whole, "wire-002")), "the device had gone for a while")
      assert.strictEqual(of(whole, "wire-008").outcome._tag, "Passed")
    })
  )

  it.effect(
    "after ?halt: each check reports its own observation",
    Effect.fnUntraced(function* () {
      const whole = yield* report(yield* device("v5"), { only: ["halt", "restart"] })
      assert.deepStrictEqual(tally(whole), { Passed: 13, Failed: 0, NotApplicable: 0, CouldNotRun: 0 })
    })
  )

  it.effect(
    "refuses ?halt: the checks do not apply, with its reason",
    Effect.fnUntraced(function* () {
      const fault = all(
        answers(/^\?halt\n/, "!halt fail not\\_by\\_you"),
        answers(/^\?restart\n/, "!restart fail not\\_by\\_you")
      )
      const whole = yield* report(yield* faulty("v5", fault), { only: ["halt", "restart"] })
      assert.deepStrictEqual(tally(whole), { Passed: 0, Failed: 0, NotApplicable: 13, CouldNotRun: 0 })
      assert.include(resultText(of(whole, "halt-001")), "the device refuses it: !halt fail not\\_by\\_you")
    })
  )
})

describe("the effect of a run on a device", () => {
  /** The input of a device. */
  const watched = (seen: Array<string>): Fault => ({
    first: true,
    sent: (text) => {
      seen.push(...text.split("\n"))
      return text
    }
  })

  it.effect(
    "without permission nothing ends the device, and only standard requests are sent",
    Effect.fnUntraced(function* () {
      const seen: Array<string> = []
      const dials = yield* faulty("v5", watched(seen))
      yield* report(dials, { testRequests: false, only: ["restart"] })
      const whole = yield* report(dials, { destructive: false, testRequests: false })
      const { Failed, NotApplicable } = tally(whole)
      assert.deepStrictEqual([Failed, NotApplicable > 50], [0, true])
      const standard =
        /^\?(client-list|help|log-level|request-timeout-hint|restart|sensor-(list|sampling|sampling-clear|value)|version-list|watchdog)(?![a-z-])/
      const endings = seen.filter((line) => /^\?(halt|restart)/.test(line))
      assert.deepStrictEqual(endings, ["?restart"])
      // what is left is unknown to every device, or no request
      const known = whole.facts.requests
      const used = seen.flatMap((line) => /^\?([a-z-]+)(?=[[ ]|$)/.exec(line)?.[1] ?? [])
      assert.deepStrictEqual(
        [...new Set(used)].filter((name) => known.includes(name) && !standard.test(`?${name}`)),
        []
      )
    }),
    minute
  )

  it.effect(
    "the log level and sensors are restored, whatever the results",
    Effect.fnUntraced(function* () {
      const dials = yield* faulty("v5", all(hides(/^#sensor-status/), says(/^!log-level ok debug/, "!log-level ok no")))
      const ask = Effect.gen(function* () {
        const context = yield* Layer.build(Layer.fresh(dials))
        const client = yield* RawConnection.make(Context.get(context, Socket.Socket))
        yield* client.send("?log-level fatal\n")
        yield* client.settle
        yield* client.send("?log-level\n?sensor-list\n?sensor-value\n")
        const lines = yield* client.settle
        return lines.map((line) => line.replace(/^#sensor-value \S+/, "#sensor-value"))
      }).pipe(Effect.scoped)
      const before = yield* ask
      const whole = yield* report(dials, { destructive: false, only: ["log", "value", "report", "change"] })
      assert.isAbove(tally(whole).Failed, 3)
      assert.strictEqual(whole.facts.logLevel, "fatal")
      // the level is read before it is set again
      const level = yield* Effect.scoped(
        Effect.gen(function* () {
          const context = yield* Layer.build(Layer.fresh(dials))
          const client = yield* RawConnection.make(Context.get(context, Socket.Socket))
          yield* client.send("?log-level\n")
          return (yield* client.settle).at(-1)
        })
      )
      assert.strictEqual(level, "!log-level ok fatal")
      assert.deepStrictEqual(yield* ask, before)
    }),
    minute
  )

  it.effect(
    "malformed lines are not judged if the log level may hide complaints (Q-18)",
    Effect.fnUntraced(function* () {
      const whole = yield* report(
        yield* faulty("v5", { ...all(says(/^!log-level ok warn/, "!log-level ok off"), hides(/^#log/)), first: true }),
        { only: ["bad-001", "id-016"] }
      )
      assert.deepStrictEqual(tally(whole), { Passed: 0, Failed: 0, NotApplicable: 2, CouldNotRun: 0 })
    })
  )

  it.effect(
    "requests that the device happens to have are not used as unknown ones",
    Effect.fnUntraced(function* () {
      const fault = { ...answers(/^\?help\n/, "#help x Stow.", "!help ok 1"), first: true }
      const whole = yield* report(yield* faulty("v5", fault), { only: ["kind-009"] })
      assert.strictEqual(of(whole, "kind-009").outcome._tag, "NotApplicable")
    })
  )
})

/** Counts those who are connected at once, and says nothing. */
const counting = () => {
  const counts = { now: 0, most: 0 }
  const handler = (socket: Socket.Socket) =>
    Effect.gen(function* () {
      counts.most = Math.max(counts.most, ++counts.now)
      yield* Effect.addFinalizer(() => Effect.sync(() => counts.now--))
      return yield* listener()(socket)
    })
  return { counts, handler }
}

describe("a run", () => {
  it.effect(
    "limits the number of concurrent checks",
    Effect.fnUntraced(function* () {
      for (const concurrency of [1, 3]) {
        const { counts, handler } = counting()
        // a connection for each of these checks
        const greeting = (socket: Socket.Socket) =>
          Effect.gen(function* () {
            const writer = yield* socket.writer
            yield* Effect.forkChild(writer.write("#version-connect katcp-protocol 5.1-IM\n"))
            return yield* handler(socket)
          })
        const whole = yield* report(yield* stranger(greeting), {
          only: ["bad-00"],
          concurrency,
          replyTimeout: "1 second",
          restartTimeout: "1 second"
        })
        assert.strictEqual(whole.results.length, 9)
        // one more looks whether the device is there
        assert.isAtLeast(counts.most, concurrency)
        assert.isAtMost(counts.most, concurrency + 1)
        assert.strictEqual(counts.now, 0)
      }
    })
  )

  it.effect(
    "gives up a check that takes too long, even if messages keep arriving",
    Effect.fnUntraced(function* () {
      const slow = (bytes: Uint8Array) => {
        const text = Buffer.from(bytes).toString("latin1")
        const name = /^\?help ([^\n]+)/.exec(text)?.[1]
        if (name !== undefined) return `#help ${name} x\n!help ok 1\n`
        const all = Array.from({ length: 40 }, (_, at) => `#help r${at} x\n`)
        return text.startsWith("?help") ? `${all.join("")}!help ok 40\n` : "!watchdog ok\n"
      }
      const handler = (socket: Socket.Socket) =>
        Effect.gen(function* () {
          const writer = yield* socket.writer
          const pull = yield* Socket.readerBytes(socket)
          return yield* Effect.forever(
            Effect.flatMap(pull, (chunks) => Effect.delay(writer.write(chunks.map(slow).join("")), "900 millis"))
          )
        })
      const whole = yield* report(yield* stranger(handler), { only: ["help-007"], replyTimeout: "1 second" })
      assert.include(resultText(of(whole, "help-007")), "it took too long")
    })
  )

  it.effect(
    "selects checks by the beginnings of their ids",
    Effect.fnUntraced(function* () {
      const whole = yield* report(yield* device("v5"), { only: ["help-01", "core-001"] })
      assert.deepStrictEqual(
        whole.results.map(({ check }) => check.id),
        checks.map(({ id }) => id).filter((id) => id.startsWith("help-01") || id === "core-001")
      )
    })
  )

  it.effect(
    "emits results as they are found, and can be interrupted",
    Effect.fnUntraced(function* () {
      const open = new Set<number>()
      const dials = yield* faulty("v5", {
        opened: ({ number }) => open.add(number),
        closed: ({ number }) => open.delete(number)
      })
      const seen: Array<string> = []
      const started = yield* whileTimePasses(run({ device: dials, only: ["wire"] }))
      assert.strictEqual(started.total, 25)
      const fiber = yield* started.results.pipe(
        Stream.runForEach(({ check }) => Effect.sync(() => seen.push(check.id))),
        Effect.forkChild({ startImmediately: true })
      )
      for (let times = 0; times < 20 && seen.length < 3; times++) {
        yield* Effect.repeat(Effect.yieldNow, { times: 20 })
        yield* TestClock.adjust("1 millis")
      }
      yield* Fiber.interrupt(fiber)
      assert.isAtLeast(seen.length, 1)
      assert.isBelow(seen.length, 25)
      yield* Effect.repeat(Effect.yieldNow, { times: 40 })
      assert.strictEqual(open.size, 0)
    })
  )

  it.effect(
    "names the clauses of the revision that the device follows",
    Effect.fnUntraced(function* () {
      const five = yield* report(yield* device("v5"), { only: ["value-001", "log-001", "id-012", "client-007"] })
      const four = yield* report(yield* device("v4"), { only: ["value-001", "log-001", "id-012", "client-007"] })
      const clauses = ({ results }: Report) =>
        Object.fromEntries(results.map(({ check, clause }) => [check.id, clause]))
      assert.deepStrictEqual(clauses(five), {
        "value-001": "Rev 5.1 §7.2",
        "log-001": "Rev 5.1 §6.2",
        "id-012": "Rev 5.1 §2.2, §2.3",
        "client-007": "Rev 5.1 §8.2"
      })
      assert.deepStrictEqual(clauses(four), {
        "value-001": "Rev 4 §6.2",
        "log-001": "Rev 4 §5.2",
        "id-012": "Rev 4 §2.2, §2.2",
        "client-007": "Rev 4 §7.2"
      })
    })
  )
})

describe("the checks", () => {
  it("have unique ids, and cite existing clauses and rows", () => {
    const chapters: ReadonlyArray<{ readonly rows: object }> = JSON.parse(
      readFileSync("scripts/requirements.json", "utf8")
    )
    const known = new Set(chapters.flatMap(({ rows }) => Object.keys(rows)))
    assert.isAtLeast(checks.length, 100)
    assert.strictEqual(new Set(checks.map(({ id }) => id)).size, checks.length)
    for (const { clause, id, rows, title } of checks) {
      assert.match(id, /^[a-z]+-\d{3}$/)
      assert.match(clause, /^Rev (5\.1|4) §\d+(\.\d+)*(, §\d+(\.\d+)*)*$/, id)
      assert.match(rows, /^[PQ]-\d{2,3}(, [PQ]-\d{2,3})*$/, id)
      assert.match(title, /^[^a-z]/, id)
      for (const row of rows.match(/P-\d+/g) ?? []) assert.isTrue(known.has(row), `${id}: ${row}`)
    }
  })
})

describe("reports", () => {
  const facts: Report["facts"] = {
    protocol: Protocol.make(5, 1, "M"),
    greeting: [],
    several: true,
    clients: 1,
    requests: ["help", "watchdog"],
    sensors: [],
    logLevel: "warn"
  }
  const check = { id: "wire-001", title: "A line ends", rows: "P-022", note: "Either is taken" }
  const common = { check, clause: "Rev 5.1 §2.1", transcript: ["1> ?a", "1< !b"], seconds: 0.5 }
  const results: ReadonlyArray<Result> = [
    { ...common, outcome: { _tag: "Passed" }, transcript: [] },
    { ...common, outcome: { _tag: "Failed", expected: "!a ok", came: "!b" } },
    { ...common, outcome: { _tag: "NotApplicable", reason: "no flag" } },
    { ...common, outcome: { _tag: "CouldNotRun", reason: "no connection" } }
  ]

  it("as text", () => {
    assert.strictEqual(
      reportText({ facts, results }),
      `KATCP 5.1-M, several clients at a time, 2 requests, 0 sensors

passed  wire-001  A line ends (Rev 5.1 §2.1; P-022)
FAILED  wire-001  A line ends (Rev 5.1 §2.1; P-022)
    expected  !a ok
    came      !b
    1> ?a
    1< !b
    note      Either is taken
not applicable  wire-001  A line ends (Rev 5.1 §2.1; P-022)
    no flag
could not be run  wire-001  A line ends (Rev 5.1 §2.1; P-022)
    no connection
    1> ?a
    1< !b

4 checks: 1 passed, 1 failed, 1 not applicable, 1 could not be run
`
    )
    assert.strictEqual(
      factsText({ ...facts, several: false }),
      "KATCP 5.1-M, one client at a time, 2 requests, 0 sensors"
    )
    assert.strictEqual(
      summaryText(results.slice(0, 1)),
      "1 check: 1 passed, 0 failed, 0 not applicable, 0 could not be run"
    )
  })

  it("as JSON", () => {
    const whole = JSON.parse(reportJson({ facts, results }))
    assert.deepStrictEqual(whole.summary, { total: 4, passed: 1, failed: 1, notApplicable: 1, couldNotRun: 1 })
    assert.strictEqual(whole.device.protocol, "5.1-M")
    assert.deepStrictEqual(whole.results[1], {
      ...check,
      clause: "Rev 5.1 §2.1",
      outcome: "failed",
      expected: "!a ok",
      came: "!b",
      seconds: 0.5,
      transcript: ["1> ?a", "1< !b"]
    })
    assert.deepStrictEqual(
      whole.results.map(({ outcome }: { readonly outcome: string }) => outcome),
      ["passed", "failed", "not-applicable", "could-not-run"]
    )
  })

  it.effect(
    "show unprintable bytes, and shorten long text",
    Effect.fnUntraced(function* () {
      const whole = yield* report(yield* faulty("v5", hides(/^!(help|echo)/)), { only: ["wire-020", "echo-013"] })
      assert.include(resultText(of(whole, "echo-013")), "\\x80\\x81")
      assert.match(resultText(of(whole, "wire-020")), /aaa\.\.\. \(\d+ bytes\)/)
      for (const line of resultText(of(whole, "wire-020")).split("\n")) assert.isBelow(line.length, 1000)
    })
  )
})
