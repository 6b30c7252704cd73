import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import { TestClock } from "effect/testing"
import { Arg, Client, Codec, Sensor } from "katcp"
import type { Change } from "katcp/Site"
import type { TableLimits } from "../../src/Site/table/limits.ts"
import { Table } from "../../src/Site/table/Table.ts"
import { immediately } from "../Client/connect.ts"

const defaults: TableLimits = {
  sensors: 1000,
  sensorsPerDevice: 1000,
  removals: 1000,
  removalAge: 600_000,
  ringChanges: 1000,
  ringBytes: 1_000_000
}

const tableWith = (limits?: Partial<TableLimits>) =>
  Effect.gen(function* () {
    const turn = new Codec.Turn((yield* Scheduler.Scheduler).makeDispatcher())
    return Table.makeUnsafe(yield* Clock.Clock, turn, { ...defaults, ...limits })
  })

const float = (name: string) => Sensor.remote(name, { type: Arg.Float })
const reading = (definition: Sensor.Any, value: string, status: Sensor.Status = "nominal") =>
  new Client.WireReading(definition, 1, status, 2, value, Codec.Dialect.v5)

const told = (changes: ReadonlyArray<Change>) =>
  changes.map((change) => [change._tag, change.row.path, ...(change._tag === "Reading" ? [change.reading.value] : [])])

describe("a table", () => {
  it.effect("numbers every change by a revision, and returns the changes after one", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const [a, b] = [float("a"), float("b")]
      table.add("one", a)
      table.add("two", b)
      table.receive("one", a, reading(a, "1"))
      assert.strictEqual(table.revision, 3)
      assert.deepStrictEqual(
        table.since(2).changed.map(({ path, revision, value }) => [path, revision, value]),
        [["one/a", 3, 1]]
      )
      assert.deepStrictEqual(
        table.since(1).changed.map(({ path }) => path),
        ["two/b", "one/a"]
      )
      assert.isTrue(table.since(0).snapshot)
      // a revision of another table
      assert.isTrue(table.since(99).snapshot)
    })
  )

  it.effect("keeps removals as state; a sensor that comes back is a new row", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const a = float("a")
      const row = table.add("one", a)!
      const before = table.revision
      assert.isTrue(table.remove("one", a))
      assert.isFalse(table.remove("one", a))
      assert.isTrue(row.removed)
      assert.deepStrictEqual(
        table.since(before).removed.map(({ device, name }) => [device, name]),
        [["one", "a"]]
      )
      const again = table.add("one", float("a"))!
      const { changed, removed } = table.since(before)
      assert.deepStrictEqual([removed.length, changed], [1, [again]])
      // of the first one, whose time is over
      assert.isUndefined(table.receive("one", a, reading(a, "1")))
      assert.deepStrictEqual(table.since(before).removed.length, 1)
    })
  )

  it.effect("adds a sensor in place of one of its name as a removal and an addition", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const former = table.add("one", float("a"))!
      const before = table.revision
      const row = table.add("one", Sensor.remote("a", { type: Arg.Int }))!
      assert.isTrue(former.removed)
      const { changed, removed, revision } = table.since(before)
      assert.deepStrictEqual([removed.map(({ name }) => name), changed, revision], [["a"], [row], before + 2])
      assert.strictEqual(table.size, 1)
    })
  )

  it.effect("sends a reader that was away for longer than removals are kept to the snapshot", () =>
    Effect.gen(function* () {
      const table = yield* tableWith({ removalAge: 10_000 })
      const [a, b] = [float("a"), float("b")]
      table.add("one", a)
      table.add("one", b)
      const reader = table.reader()
      reader.take()
      const late = table.reader(table.revision)
      table.remove("one", a)
      assert.isFalse(reader.take().snapshot)
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(late.take().snapshot)
      assert.strictEqual(table.stats.removals, 0)
      // who has seen the removal needs no snapshot
      assert.isFalse(reader.take().snapshot)
    })
  )

  it.effect("keeps a limited number of removals, and counts the dropped ones", () =>
    Effect.gen(function* () {
      const table = yield* tableWith({ removals: 2 })
      const all = ["a", "b", "c"].map(float)
      for (const definition of all) table.add("one", definition)
      const before = table.revision
      for (const definition of all) table.remove("one", definition)
      assert.deepStrictEqual([table.stats.removals, table.stats.removalsDropped], [2, 1])
      assert.isTrue(table.since(before).snapshot)
      assert.deepStrictEqual(
        table.since(before + 1).removed.map(({ name }) => name),
        ["b", "c"]
      )
    })
  )

  it.effect("refuses sensors above its limits, and counts them", () =>
    Effect.gen(function* () {
      const table = yield* tableWith({ sensors: 3, sensorsPerDevice: 2 })
      assert.isDefined(table.add("one", float("a")))
      assert.isDefined(table.add("one", float("b")))
      assert.isUndefined(table.add("one", float("c")))
      assert.isDefined(table.add("two", float("a")))
      assert.isUndefined(table.add("two", float("b")))
      assert.deepStrictEqual([table.size, table.stats.refused], [3, 2])
      // one that takes the place of another needs none
      assert.isDefined(table.add("one", float("a")))
    })
  )

  it.effect("records the loss of a device once, and keeps the last value, marked", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const a = float("a")
      const row = table.add("one", a)!
      assert.deepStrictEqual([row.status, row.code, row.value, row.fresh], ["unknown", 0, undefined, false])
      table.receive("one", a, reading(a, "2.5"))
      assert.deepStrictEqual([row.status, row.code, row.value, row.fresh], ["nominal", 1, 2.5, true])
      table.receive("one", a, reading(a, "3.5", "failure"))
      assert.deepStrictEqual([row.status, row.code, row.value, row.fresh], ["failure", 4, 3.5, false])
    })
  )
})

describe("a reader of a table", () => {
  it.effect("skips to the newest reading, and counts what it skipped", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const a = float("a")
      table.add("one", a)
      const reader = table.reader()
      reader.take()
      for (let n = 0; n < 10; n++) table.receive("one", a, reading(a, `${n}`))
      assert.deepStrictEqual(
        reader.take().changed.map(({ value }) => value),
        [9]
      )
      assert.strictEqual(reader.skipped, 9)
      assert.deepStrictEqual(reader.take().changed, [])
    })
  )

  it.effect("is woken once for all that changes in a turn, and never misses a change", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const all = ["a", "b", "c"].map(float)
      for (const definition of all) table.add("one", definition)
      const reader = table.reader()
      let looks = 0
      const seen: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Effect.forever(
          Effect.andThen(
            reader.changed,
            Effect.sync(() => {
              looks++
              for (const { name, value } of reader.take().changed) seen.push(`${name}=${value}`)
            })
          )
        ),
        immediately
      )
      yield* TestClock.adjust(0)
      assert.strictEqual(looks, 1)
      for (const definition of all) table.receive("one", definition, reading(definition, "1"))
      yield* TestClock.adjust(0)
      assert.strictEqual(looks, 2)
      assert.deepStrictEqual(seen.slice(3), ["a=1", "b=1", "c=1"])
      yield* TestClock.adjust(0)
      assert.strictEqual(looks, 2)
      yield* Fiber.interrupt(fiber)
      table.receive("one", all[0]!, reading(all[0]!, "2"))
      yield* TestClock.adjust(0)
      assert.strictEqual(table.stats.wakeUps, 1)
    })
  )
})

describe("a feed of a table", () => {
  it.effect("has every change in order", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const a = float("a")
      table.add("one", a)
      const feed = yield* table.feed
      assert.strictEqual(feed.from, table.revision)
      table.receive("one", a, reading(a, "1"))
      table.receive("one", a, reading(a, "2"))
      const b = float("b")
      table.add("one", b)
      table.remove("one", a)
      assert.strictEqual(feed.pending, 4)
      assert.deepStrictEqual(told(feed.take(1)), [["Reading", "one/a", 1]])
      assert.deepStrictEqual(told(feed.take()), [
        ["Reading", "one/a", 2],
        ["Added", "one/b"],
        ["Removed", "one/a"]
      ])
      assert.strictEqual(feed.lost, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("counts exactly the changes that fell out of the ring unread", () =>
    Effect.gen(function* () {
      const table = yield* tableWith({ ringChanges: 4 })
      const a = float("a")
      table.add("one", a)
      const [quick, slow] = [yield* table.feed, yield* table.feed]
      const taken: Array<unknown> = []
      for (let n = 0; n < 10; n++) {
        table.receive("one", a, reading(a, `${n}`))
        for (const change of quick.take()) taken.push(change.revision)
      }
      assert.strictEqual(taken.length, 10)
      assert.deepStrictEqual([quick.lost, slow.lost, slow.pending], [0, 6, 4])
      assert.deepStrictEqual(
        told(slow.take()).map(([, , value]) => value),
        [6, 7, 8, 9]
      )
      assert.strictEqual(table.stats.ringLost, 6)
    }).pipe(Effect.scoped)
  )

  it.effect("is bounded in bytes: large values push out more", () =>
    Effect.gen(function* () {
      const table = yield* tableWith({ ringBytes: 10_000 })
      const text = Sensor.remote("text", { type: Arg.Text })
      table.add("one", text)
      const feed = yield* table.feed
      for (let n = 0; n < 10; n++) table.receive("one", text, reading(text, `${n}`.repeat(3000)))
      assert.deepStrictEqual([feed.lost, feed.pending], [7, 3])
      table.receive("one", text, reading(text, "x".repeat(100_000)))
      // the newest is there, however large it is
      assert.deepStrictEqual([feed.lost, feed.pending], [10, 1])
    }).pipe(Effect.scoped)
  )

  it.effect("has the same changes whenever it is opened, even after others were closed", () =>
    Effect.gen(function* () {
      const table = yield* tableWith({ ringChanges: 7 })
      const a = float("a")
      table.add("one", a)
      for (let round = 0; round < 20; round++) {
        const changes = yield* Effect.scoped(
          Effect.gen(function* () {
            const feed = yield* table.feed
            for (let n = 0; n < round; n++) table.receive("one", a, reading(a, `${n}`))
            assert.strictEqual(feed.lost, Math.max(0, round - 7))
            return feed.take()
          })
        )
        assert.deepStrictEqual(
          told(changes).map(([, , value]) => value),
          Array.from({ length: round }, (_, n) => n).slice(-7)
        )
      }
    })
  )

  it.effect("counts as lost only the changes that concern it", () =>
    Effect.gen(function* () {
      const table = yield* tableWith({ ringChanges: 4 })
      const [a, b] = [float("a"), float("b")]
      table.add("one", a)
      table.add("one", b)
      const [all, some] = [
        yield* table.feed,
        yield* table.feedOf(({ _tag, row }) => _tag === "Reading" && row.name === "b")
      ]
      for (let n = 0; n < 10; n++) table.receive("one", n % 3 === 0 ? b : a, reading(n % 3 === 0 ? b : a, `${n}`))
      // 0 to 5 fell out; 0 and 3 are of b
      assert.deepStrictEqual([all.lost, some.lost, all.pending, some.pending], [6, 2, 4, 4])
      table.add("one", a)
      assert.deepStrictEqual([all.lost, some.lost], [8, 3])
      assert.strictEqual(some.take().length, 4)
      assert.strictEqual(some.lost, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("keeps a change in the ring only until all feeds have read it", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const a = float("a")
      table.add("one", a)
      const [quick, slow] = [yield* table.feed, yield* table.feed]
      for (let n = 0; n < 10; n++) table.receive("one", a, reading(a, `${n}`))
      assert.strictEqual(quick.take().length, 10)
      assert.strictEqual(table.stats.ring, 10)
      assert.strictEqual(slow.take(4).length, 4)
      assert.strictEqual(table.stats.ring, 6)
      assert.strictEqual(slow.take().length, 6)
      assert.deepStrictEqual([table.stats.ring, table.stats.ringLost], [0, 0])
    }).pipe(Effect.scoped)
  )

  it.effect("costs nothing without a feed: the ring is empty", () =>
    Effect.gen(function* () {
      const table = yield* tableWith()
      const a = float("a")
      table.add("one", a)
      assert.strictEqual(table.stats.ring, 0)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* table.feed
          table.receive("one", a, reading(a, "1"))
          assert.strictEqual(table.stats.ring, 1)
        })
      )
      assert.strictEqual(table.stats.ring, 0)
    })
  )
})
