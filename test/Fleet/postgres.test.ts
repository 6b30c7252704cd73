import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, type Scope } from "effect"
import { FleetStore, type RunnerFigures } from "katcp/Fleet"
import { afterAll } from "vitest"
import { Store } from "../../src/Archive/index.ts"
import { BatchBuilder } from "../../src/Archive/model/Batch.ts"
import { layerPostgres as layerArchive } from "../../src/Archive/node/index.ts"
import { layerMemory } from "../../src/Fleet/index.ts"
import { layerPostgres } from "../../src/Fleet/node/index.ts"
import { cluster, statement } from "../Archive/cluster.ts"
import { batch, definition } from "../Archive/readings.ts"

const found = await cluster()
const missing = typeof found === "string" ? found : undefined
if (missing !== undefined) {
  if (process.env.CI === "true") throw new Error(missing)
  process.stderr.write(`skipped: the fleet in PostgreSQL: ${missing}\n`)
}
const postgres = typeof found === "string" ? undefined : found
afterAll(() => postgres?.remove())

const figures: RunnerFigures = { devices: 1, connected: 1, synced: 1, sensors: 5, cpu: 0.1, memory: 1e8, lag: 2 }
const addresses = { cluster: "10.0.0.1:34431", link: "10.0.0.1:34531", http: undefined }
const wish = (device: string, section: unknown = "10.0.0.9:7147") => ({ device, section, labels: {} })

/** Tests for each kind of store. */
const rules = (open: Effect.Effect<FleetStore["Service"], unknown, Scope.Scope>) => {
  it.live("notes the number of shards once, and refuses another one in words", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      yield* store.open(300)
      const error = yield* Effect.flip(store.open(200))
      assert.strictEqual(error.why, "refused")
      assert.match(error.message, /has 300 shards, and this runner is set to 200/)
    })
  )

  it.live("is seeded once; after that it keeps its own devices", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      assert.isTrue(yield* store.seed([wish("a"), wish("b", { address: "10.0.0.2", sensors: ["rx.*"] })]))
      assert.deepStrictEqual(yield* store.remove(["a"]), ["a"])
      assert.isFalse(yield* store.seed([wish("a")]))
      const { changed } = yield* store.read()
      assert.deepStrictEqual(
        changed.map(({ device, section }) => [device, section]),
        [["b", { address: "10.0.0.2", sensors: ["rx.*"] }]]
      )
    })
  )

  it.live("tells what changed since it was read, removals too", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      yield* store.put([wish("a"), wish("b"), wish("c")])
      const { mark } = yield* store.read()
      yield* store.put([{ ...wish("b", "10.0.0.3"), labels: { site: "x" } }])
      yield* store.remove(["c"])
      const next = yield* store.read(mark)
      assert.deepStrictEqual(
        next.changed.filter(({ device }) => device === "b").map(({ labels, section }) => [section, labels]),
        [["10.0.0.3", { site: "x" }]]
      )
      assert.deepStrictEqual(next.removed, ["c"])
      assert.deepStrictEqual((yield* store.read(next.mark)).removed, [])
    })
  )

  it.live("gives a device to the runner of its shard, each time under a later epoch", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      yield* store.put([wish("a"), wish("b")])
      const [r1, r2] = [yield* store.enlist("r1", addresses), yield* store.enlist("r2", addresses)]
      const claims = [
        { device: "a", salt: 0 },
        { device: "nobody", salt: 0 },
        { device: "b", salt: 7 },
        { device: "b", salt: 0 }
      ]
      const first = yield* store.claim(r1, claims)
      assert.deepStrictEqual(
        first.map(({ _tag }) => _tag),
        ["Held", "Unwanted", "Unwanted", "Held"]
      )
      // the cluster has given the shard to another runner, which waits until the first one has let go
      assert.strictEqual((yield* store.claim(r2, [{ device: "a", salt: 0 }]))[0]!._tag, "Busy")
      yield* store.release(r1, [{ device: "a", epoch: (first[0] as { epoch: number }).epoch }])
      const [again] = yield* store.claim(r2, [{ device: "a", salt: 0 }])
      assert.isTrue(again!._tag === "Held" && first[0]!._tag === "Held" && again!.epoch > first[0]!.epoch)
      const { changed } = yield* store.read()
      assert.deepStrictEqual(changed.map(({ device, runner }) => [device, runner]).sort(), [
        ["a", "r2"],
        ["b", "r1"]
      ])
    })
  )

  it.live("keeps a device that has moved until its former holder lets go, or is not heard of", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      yield* store.put([wish("a")])
      const [r1, r2] = [yield* store.enlist("r1", addresses), yield* store.enlist("r2", addresses)]
      const [held] = yield* store.claim(r1, [{ device: "a", salt: 0 }])
      assert.isTrue(yield* store.move("a", 0, 5))
      assert.isFalse(yield* store.move("a", 0, 6))
      const moved = [{ device: "a", salt: 5 }]
      assert.deepStrictEqual(yield* store.claim(r2, moved), [{ _tag: "Busy", runner: "r1" }])
      // an old epoch lets nothing go
      yield* store.release(r1, [{ device: "a", epoch: (held as { epoch: number }).epoch - 1 }])
      assert.strictEqual((yield* store.claim(r2, moved))[0]!._tag, "Busy")
      yield* store.release(r1, [{ device: "a", epoch: (held as { epoch: number }).epoch }])
      assert.strictEqual((yield* store.claim(r2, moved))[0]!._tag, "Held")
      // a holder that has ended does not keep it
      assert.isTrue(yield* store.move("a", 5, 9))
      assert.strictEqual((yield* store.claim(r1, [{ device: "a", salt: 9 }]))[0]!._tag, "Busy")
      yield* store.beat(r2, "up", figures, { ...addresses, cluster: "10.0.0.2:34431" })
      yield* store.ended("10.0.0.2:34431")
      assert.strictEqual((yield* store.claim(r1, [{ device: "a", salt: 9 }]))[0]!._tag, "Held")
    })
  )

  it.live("tells a runner that hands devices over which ones it must give up, and counts it as alive", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      yield* store.put([wish("a"), wish("b"), wish("c")])
      const [r1, r2] = [yield* store.enlist("r1", addresses), yield* store.enlist("r2", addresses)]
      const claims = ["a", "b", "c"].map((device) => ({ device, salt: 0 }))
      const answers = yield* store.claim(r1, claims)
      const holds = answers.map((answer, at) => ({
        device: claims[at]!.device,
        epoch: (answer as { epoch: number }).epoch
      }))
      assert.deepStrictEqual(yield* store.handOver(r1, holds), [])
      // another runner waits for one, one is removed, and one has a later epoch than the runner knows
      assert.strictEqual((yield* store.claim(r2, [claims[0]!]))[0]!._tag, "Busy")
      assert.deepStrictEqual(yield* store.handOver(r1, holds), ["a"])
      yield* store.remove(["b"])
      assert.deepStrictEqual([...(yield* store.handOver(r1, holds))].sort(), ["a", "b"])
      const old = holds.map(({ device, epoch }) => ({ device, epoch: epoch - 1 }))
      assert.deepStrictEqual([...(yield* store.handOver(r1, old))].sort(), ["a", "b", "c"])
      // the next claim of the holder itself takes the mark away
      assert.strictEqual((yield* store.claim(r1, [claims[0]!]))[0]!._tag, "Held")
      const [held] = (yield* store.read()).changed.filter(({ device }) => device === "a")
      assert.deepStrictEqual(yield* store.handOver(r1, [{ device: "a", epoch: held!.epoch }]), [])
      // a runner whose name another one has taken gives up all
      yield* store.enlist("r1", addresses)
      assert.deepStrictEqual(yield* store.handOver(r1, [{ device: "c", epoch: holds[2]!.epoch }]), ["c"])
    })
  )

  it.live("returns a device that may be anywhere to the shard of its plain name", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      yield* store.put([wish("a")])
      yield* store.prefer("a", "r2")
      yield* store.move("a", 0, 7)
      yield* store.prefer("a", "r3")
      const placed = Effect.map(store.read(), ({ changed: [one] }) => [one!.prefers, one!.salt])
      assert.deepStrictEqual(yield* placed, ["r3", 7])
      yield* store.prefer("a", undefined)
      assert.deepStrictEqual(yield* placed, [undefined, 0])
    })
  )

  it.live("takes states from the present holder only", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      yield* store.put([wish("a")])
      const [r1, r2] = [yield* store.enlist("r1", addresses), yield* store.enlist("r2", addresses)]
      const [old] = yield* store.claim(r1, [{ device: "a", salt: 0 }])
      const epochOf = (answer: typeof old) => (answer as { epoch: number }).epoch
      yield* store.release(r1, [{ device: "a", epoch: epochOf(old) }])
      const [held] = yield* store.claim(r2, [{ device: "a", salt: 0 }])
      yield* store.report([{ device: "a", epoch: epochOf(held), state: "synced", error: undefined }])
      yield* store.report([{ device: "a", epoch: epochOf(old), state: "away", error: "gone" }])
      const [{ error, state } = { error: "none", state: "none" }] = (yield* store.read()).changed
      assert.deepStrictEqual([state, error], ["synced", undefined])
    })
  )

  it.live("replaces a runner whose name another one takes, and says so", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      const first = yield* store.enlist("r1", addresses)
      assert.strictEqual(yield* store.beat(first, "up", figures, addresses), "up")
      assert.isTrue(yield* store.want("r1", "drained"))
      assert.isFalse(yield* store.want("r9", "drained"))
      assert.strictEqual(yield* store.beat(first, "up", figures, addresses), "drained")
      const second = yield* store.enlist("r1", addresses)
      assert.isAbove(second.epoch, first.epoch)
      const replaced = yield* Effect.flip(store.beat(first, "up", figures, addresses))
      assert.strictEqual(replaced.why, "replaced")
      assert.match(replaced.message, /r1 was started after this one, at 10\.0\.0\.1:34431, since 20\d\d-/)
      const [entry] = (yield* store.read()).runners
      assert.deepStrictEqual([entry!.name, entry!.wanted, entry!.figures.sensors], ["r1", "drained", 5])
    })
  )

  it.live("refuses a name that a runner at another address has, until that one has ended", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      const first = yield* store.enlist("r1", addresses)
      const elsewhere = { ...addresses, cluster: "10.0.0.2:34431" }
      const error = yield* Effect.flip(store.enlist("r1", elsewhere))
      assert.strictEqual(error.why, "taken")
      assert.match(error.message, /^the name r1 belongs to .* at 10\.0\.0\.1:34431, since 20\d\d-/)
      // it has not lost anything
      assert.strictEqual(yield* store.beat(first, "up", figures, addresses), "up")
      yield* store.beat(first, "gone", figures, addresses)
      assert.isAbove((yield* store.enlist("r1", elsewhere)).epoch, first.epoch)
    })
  )

  it.live("counts the takers of a task", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.open(300)
      const by = yield* store.enlist("r1", addresses)
      const first = yield* store.takeTask(by, "archive")
      assert.isTrue(yield* store.holdsTask("archive", first))
      assert.isAbove(yield* store.takeTask(by, "archive"), first)
      assert.isFalse(yield* store.holdsTask("archive", first))
    })
  )
}

describe("a fleet in memory", () => {
  rules(Effect.map(Layer.build(layerMemory()), (context) => Context.get(context, FleetStore)))
})

const database = Effect.promise(() => postgres!.database())
const open = (url: string) =>
  Effect.map(Layer.build(layerPostgres(url, { program: "test", expiration: 500 })), (context) =>
    Context.get(context, FleetStore)
  )

describe.skipIf(missing)(`a fleet in PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  rules(Effect.flatMap(database, open))

  it.live("gives a device to one of two runners that ask at the same time", () =>
    Effect.gen(function* () {
      const url = yield* database
      const [one, other] = [yield* open(url), yield* open(url)]
      yield* one.open(300)
      const names = Array.from({ length: 50 }, (_, index) => `d${index}`)
      yield* one.put(names.map((name) => wish(name)))
      const [r1, r2] = [yield* one.enlist("r1", addresses), yield* other.enlist("r2", addresses)]
      const claims = names.map((device) => ({ device, salt: 0 }))
      const [first, second] = yield* Effect.all([one.claim(r1, claims), other.claim(r2, claims)], {
        concurrency: "unbounded"
      })
      const { changed } = yield* one.read()
      for (const [index, name] of names.entries()) {
        const answers = [first[index]!, second[index]!]
        assert.deepStrictEqual(answers.map(({ _tag }) => _tag).sort(), ["Busy", "Held"])
        const { runner } = changed.find(({ device }) => device === name)!
        assert.strictEqual(runner, answers[0]!._tag === "Held" ? "r1" : "r2")
      }
    })
  )

  it.live("refuses a runner with another token, while runners with the noted one are alive", () =>
    Effect.gen(function* () {
      const url = yield* database
      const store = Context.get(
        yield* Layer.build(layerPostgres(url, { program: "test", expiration: 60_000 })),
        FleetStore
      )
      yield* store.open(300, "the token of this fleet")
      yield* store.enlist("r1", addresses)
      yield* store.open(300, "the token of this fleet")
      yield* store.open(300)
      const error = yield* Effect.flip(store.open(300, "the token of another fleet"))
      assert.strictEqual(error.why, "refused")
      assert.match(error.message, /\(r1\) have another token than this one: compare fleet.token/)
      const [row] = yield* statement("select token from katcp_fleet.fleet", url)
      assert.notInclude(String(row!.token), "token")
      // all runners have stopped
      yield* store.ended(addresses.cluster)
      yield* store.open(300, "the token of another fleet")
      assert.strictEqual((yield* Effect.exit(store.open(300, "the token of another fleet")))._tag, "Success")
    })
  )

  it.live("counts a runner as gone when it was not heard of for its expiration", () =>
    Effect.gen(function* () {
      const store = yield* Effect.flatMap(database, open)
      yield* store.open(300)
      yield* store.put([wish("a")])
      const [r1, r2] = [yield* store.enlist("r1", addresses), yield* store.enlist("r2", addresses)]
      yield* store.claim(r1, [{ device: "a", salt: 0 }])
      yield* store.move("a", 0, 1)
      yield* Effect.gen(function* () {
        yield* Effect.sleep(50)
        yield* store.beat(r2, "up", figures, addresses)
        const { runners } = yield* store.read()
        return runners.find(({ name }) => name === "r1")!.state
      }).pipe(Effect.repeat({ until: (state) => state === "gone" }))
      assert.strictEqual((yield* store.claim(r2, [{ device: "a", salt: 1 }]))[0]!._tag, "Held")
    })
  )

  it.live("misses no change of a transaction that ends after a later one", () =>
    Effect.gen(function* () {
      const url = yield* database
      const store = yield* open(url)
      yield* store.open(300)
      yield* store.put([wish("a"), wish("b")])
      // a transaction that changes a, and ends later
      const slow = yield* Effect.forkChild(
        statement(
          "with changed as (update katcp_fleet.device set labels = '{\"late\": \"yes\"}' where name = 'a' returning name) select name, pg_sleep(1) from changed",
          url
        ),
        { startImmediately: true }
      )
      yield* Effect.sleep(300)
      yield* store.put([{ ...wish("b"), labels: { early: "yes" } }])
      const first = yield* store.read()
      assert.deepStrictEqual(first.changed.find(({ device }) => device === "a")!.labels, {})
      yield* Fiber.join(slow)
      const next = yield* store.read(first.mark)
      assert.deepStrictEqual(next.changed.find(({ device }) => device === "a")!.labels, { late: "yes" })
    })
  )

  it.live("writes again when a database is read only no longer, over sessions that began meanwhile, too", () =>
    Effect.gen(function* () {
      const url = yield* database
      const store = yield* open(url)
      yield* store.open(300)
      const name = new URL(url).pathname.slice(1)
      const setReadOnly = (is: boolean) =>
        statement(`alter database ${name} set default_transaction_read_only = ${is}`, postgres!.url)
      yield* setReadOnly(true)
      yield* statement(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
        url
      )
      const put = Effect.exit(store.put([wish("a")]))
      // the sessions that were ended fail first
      let error = ""
      for (let at = 0; at < 100 && !/read only/.test(error); at++) {
        const exit = yield* put
        error = exit._tag === "Failure" ? String(exit.cause) : ""
      }
      assert.match(error, /the database is read only/)
      yield* setReadOnly(false)
      yield* Effect.repeat(put, { until: (exit) => exit._tag === "Success" }).pipe(Effect.timeout("20 seconds"))
      assert.deepStrictEqual(
        (yield* store.read()).changed.map(({ device }) => device),
        ["a"]
      )
    })
  )

  it.live("keeps readings of an older epoch out of its archive, in the statement that would keep them", () =>
    Effect.gen(function* () {
      const url = yield* database
      const fleet = yield* open(url)
      yield* fleet.open(300)
      yield* fleet.put([wish("m000")])
      const [r1, r2] = [yield* fleet.enlist("r1", addresses), yield* fleet.enlist("r2", addresses)]
      const epochOf = (answer: unknown) => (answer as { epoch: number }).epoch
      const old = epochOf((yield* fleet.claim(r1, [{ device: "m000", salt: 0 }]))[0])
      const archiveOf = Effect.map(Layer.build(layerArchive(url, { fleet: true })), (context) =>
        Context.get(context, Store)
      )
      // both runners write to it at the same time
      const [one, other] = [yield* archiveOf, yield* archiveOf]
      const [{ id } = { id: 0 }] = yield* one.define([definition("temp")])
      const reading = (time: number, epoch: number) =>
        batch([{ series: id, time, value: time }], new BatchBuilder(4, epoch))
      yield* one.append(reading(1, old))
      yield* fleet.ended(addresses.cluster)
      const later = epochOf((yield* fleet.claim(r2, [{ device: "m000", salt: 0 }]))[0])
      yield* one.append(reading(2, old))
      yield* other.append(reading(3, later))
      const rows = yield* other.rows({ series: id, from: 0, to: 4e15, limit: 10, newestFirst: false })
      assert.deepStrictEqual(
        rows.map(({ value }) => value),
        [1, 3]
      )
      const kept = yield* statement("select epoch::int4 as epoch from katcp.reading order by time", url)
      assert.deepStrictEqual(
        kept.map(({ epoch }) => epoch),
        [old, later]
      )
      // the last readings of a runner that gives the device up in order are on their way, and are kept
      yield* fleet.release(r2, [{ device: "m000", epoch: later }])
      const next = epochOf((yield* fleet.claim(r2, [{ device: "m000", salt: 0 }]))[0])
      yield* other.append(reading(3.5, later))
      yield* one.append(reading(3.6, old))
      const [newest] = yield* other.rows({ series: id, from: 0, to: 4e15, limit: 1, newestFirst: true })
      assert.strictEqual(newest!.value, 3.5)
      // the last readings of a device that was removed are history, too
      yield* fleet.remove(["m000"])
      yield* other.append(reading(4, next))
      assert.strictEqual(
        (yield* other.rows({ series: id, from: 0, to: 4e15, limit: 10, newestFirst: true }))[0]!.value,
        4
      )
      // an archive of its own is kept out
      const alone = yield* Effect.flip(Effect.scoped(Layer.build(layerArchive(url))))
      assert.strictEqual(alone.why, "held")
    })
  )
})
