/** The order in which parts of a site file open, start and end, and what is left after a failure at each step. */
import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, Result } from "effect"
import { Health } from "katcp/Site"
import type { Loaded } from "../../src/Serve/load.ts"
import type { Part } from "../../src/Serve/Part.ts"
import { type ChangeFailed, makeRunningParts, noDeviceChange } from "../../src/Serve/RunningParts.ts"

/** A file with these sections; each is text, whose first word is the place of the part. */
const plan = (sections: Readonly<Record<string, string>>) => ({ data: sections }) as unknown as Loaded

class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}

/** Parts that note their steps, and fail at the steps in `broken`. */
const setUp = Effect.gen(function* () {
  const done: Array<string> = []
  const broken = new Set<string>()
  const step = (text: string) =>
    Effect.suspend(() => {
      done.push(text)
      return broken.has(text) ? Effect.fail(new Broken({ message: `${text} failed` })) : Effect.void
    })
  const part = (key: "proxy" | "archive"): Part => {
    const textOf = ({ data }: { readonly data: object }) => (data as Readonly<Record<string, string>>)[key]!
    return {
      key,
      site: "own",
      places: (plan) => [textOf(plan).split(" ")[0]!],
      rehearse: (plan) => step(`rehearse ${textOf(plan)}`),
      open: (plan) => {
        const text = textOf(plan)
        return Effect.gen(function* () {
          yield* step(`open ${text}`)
          yield* Effect.addFinalizer(() => Effect.sync(() => done.push(`end ${text}`)))
          return { start: step(`start ${text}`), update: () => done.push(`update ${text}`) }
        })
      }
    }
  }
  const parts = [part("proxy"), part("archive")]
  const health = yield* Health.pipe(Effect.provide(Health.layer))
  const running = makeRunningParts({
    scope: yield* Effect.scope,
    provide: () => (effect) => effect as never,
    addHealth: health.add
  })
  const devices = {
    apply: step("devices"),
    undo: Effect.sync(() => {
      done.push("devices back")
    })
  }
  const change = (sections: Readonly<Record<string, string>>, ...failing: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      done.length = 0
      broken.clear()
      for (const text of failing) broken.add(text)
      const result = yield* Effect.result(running.change(plan(sections), parts, devices))
      return Result.isFailure(result) ? (result.failure as ChangeFailed) : undefined
    })
  yield* running.change(plan({ proxy: "p1 a", archive: "s1 a" }), parts, noDeviceChange)
  return { change, done, broken, running, report: health.report }
})

describe("running parts", () => {
  it.effect("open beside the former ones, which end last", () =>
    Effect.gen(function* () {
      const { change, done } = yield* setUp
      assert.isUndefined(yield* change({ proxy: "p2 b", archive: "s1 a" }))
      assert.deepStrictEqual(done, ["open p2 b", "devices", "start p2 b", "end p1 a", "update s1 a", "update p2 b"])
    })
  )

  it.effect("end first if the new one needs their place, also if it is another part's", () =>
    Effect.gen(function* () {
      const { change, done } = yield* setUp
      assert.isUndefined(yield* change({ proxy: "s1 b", archive: "p1 b" }))
      assert.deepStrictEqual(done.slice(0, 7), [
        "rehearse s1 b",
        "rehearse p1 b",
        "end p1 a",
        "end s1 a",
        "open s1 b",
        "open p1 b",
        "devices"
      ])
    })
  )

  it.effect("stay as they are if a new one does not open, or its rehearsal fails", () =>
    Effect.gen(function* () {
      const { change, done } = yield* setUp
      const failed = yield* change({ proxy: "p2 b", archive: "s2 b" }, "open s2 b")
      assert.deepStrictEqual([failed?.restarted, failed?.down], [[], []])
      assert.deepStrictEqual(done, ["open p2 b", "open s2 b", "end p2 b"])
      const refused = yield* change({ proxy: "p2 b", archive: "s1 b" }, "rehearse s1 b")
      assert.deepStrictEqual([refused?.restarted, refused?.down], [[], []])
      assert.deepStrictEqual(done, ["rehearse s1 b"])
    })
  )

  it.effect("are what they were, with the devices, if a new one does not start", () =>
    Effect.gen(function* () {
      const { change, done, running } = yield* setUp
      const failed = yield* change({ proxy: "p1 b", archive: "s2 b" }, "start s2 b")
      assert.deepStrictEqual([failed?.restarted, failed?.down], [["proxy"], []])
      assert.deepStrictEqual(done, [
        "rehearse p1 b",
        "open s2 b",
        "end p1 a",
        "open p1 b",
        "devices",
        "start p1 b",
        "start s2 b",
        "end s2 b",
        "end p1 b",
        "devices back",
        "open p1 a",
        "start p1 a"
      ])
      assert.deepStrictEqual(running.down(), [])
      assert.isUndefined(yield* change({ proxy: "p1 a", archive: "s1 a" }))
      assert.deepStrictEqual(done, ["devices", "update s1 a", "update p1 a"])
    })
  )

  it.effect("are failing while they are down, and run again when they can", () =>
    Effect.gen(function* () {
      const { broken, change, done, report, running } = yield* setUp
      const failed = yield* change({ proxy: "p1 b", archive: "s1 a" }, "open p1 b", "open p1 a")
      assert.deepStrictEqual([failed?.restarted, failed?.down], [[], ["proxy"]])
      assert.deepStrictEqual(running.down(), [["proxy", "open p1 a failed"]])
      const { parts, status } = yield* report
      assert.strictEqual(status, "failing")
      assert.deepStrictEqual(parts.proxy, { status: "failing", reason: "open p1 a failed" })
      yield* running.mend
      assert.strictEqual((yield* report).status, "failing")
      broken.clear()
      done.length = 0
      yield* running.mend
      assert.deepStrictEqual(done, ["open p1 a", "start p1 a"])
      assert.deepStrictEqual([running.down(), (yield* report).status], [[], "ok"])
    })
  )

  it.effect("are not down any more if the next file is without them", () =>
    Effect.gen(function* () {
      const { change, report } = yield* setUp
      yield* change({ proxy: "p1 b", archive: "s1 a" }, "open p1 b", "open p1 a")
      assert.isUndefined(yield* change({ archive: "s1 a" }))
      assert.strictEqual((yield* report).status, "ok")
    })
  )
})
