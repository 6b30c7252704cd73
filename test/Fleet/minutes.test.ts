/** The minutes of an archive to which two runners write, while the task of summing up moves from one to the other. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { FleetStore } from "katcp/Fleet"
import { afterAll } from "vitest"
import { Store } from "../../src/Archive/index.ts"
import { BatchBuilder } from "../../src/Archive/model/Batch.ts"
import { layerPostgres as layerArchive } from "../../src/Archive/node/index.ts"
import { layerPostgres } from "../../src/Fleet/node/index.ts"
import { cluster, statement } from "../Archive/cluster.ts"
import { batch, definition, type Given, start } from "../Archive/readings.ts"

const found = await cluster()
const missing = typeof found === "string" ? found : undefined
if (missing !== undefined) {
  if (process.env.CI === "true") throw new Error(missing)
  process.stderr.write(`skipped: minutes of a fleet: ${missing}\n`)
}
const postgres = typeof found === "string" ? undefined : found
afterAll(() => postgres?.remove())

const rounds = 24
/** In this round the second runner takes over the devices and the task of the first one, which goes on for a while. */
const takeover = 12
const inMinute = 7
const names = ["a", "b", "c", "d"]

/** The minutes that differ from those of the readings, and the readings whose minute is missing. */
const wrongMinutes = `with sums as (
    select series, time - mod(time, 60000000) as time, count(*)::int4 as count, min(value) as min, max(value) as max,
      (array_agg(value order by time))[1] as first, (array_agg(value order by time desc))[1] as last
    from katcp.reading group by 1, 2
  )
  select coalesce(sums.series, minute.series) as series, coalesce(sums.time, minute.time)::float8 as time,
    sums.count as readings, minute.count as summed
  from sums full join katcp.minute on minute.series = sums.series and minute.time = sums.time
  where (sums.count, sums.min, sums.max, sums.first, sums.last)
    is distinct from (minute.count, minute.min, minute.max, minute.first, minute.last)
  order by 1, 2`

describe.skipIf(missing)(`minutes of a fleet${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  it.live(
    "are those of the kept readings, each once, though two runners write, and both sum up around a takeover",
    () =>
      Effect.gen(function* () {
        const url = yield* Effect.promise(() => postgres!.database())
        const fleet = Context.get(
          yield* Layer.build(layerPostgres(url, { program: "test", expiration: 60_000 })),
          FleetStore
        )
        yield* fleet.open(300)
        yield* fleet.put(names.map((device) => ({ device, section: "10.0.0.1:7147", labels: {} })))
        const at = (host: number) => ({ cluster: `10.0.0.${host}:1`, link: `10.0.0.${host}:2`, http: undefined })
        const [r1, r2] = [yield* fleet.enlist("r1", at(1)), yield* fleet.enlist("r2", at(2))]
        const claim = (by: typeof r1, devices: ReadonlyArray<string>) =>
          Effect.map(
            fleet.claim(
              by,
              devices.map((device) => ({ device, salt: 0 }))
            ),
            ([answer]) => (answer as { readonly epoch: number }).epoch
          )
        const store = Effect.map(Layer.build(layerArchive(url, { fleet: true })), (context) =>
          Context.get(context, Store)
        )
        const [one, other] = [yield* store, yield* store]
        const ids = (yield* one.define(names.map((device) => ({ ...definition("temp"), device })))).map(({ id }) => id)
        const former = yield* claim(r1, ["a", "b"])
        const second = yield* claim(r2, ["c", "d"])
        let first = former

        /** The readings of a minute, and a late one of the minute before the last. */
        const readings = (series: ReadonlyArray<number>, round: number, by: number): ReadonlyArray<Given> =>
          series.flatMap((id) => [
            ...Array.from({ length: inMinute }, (_, index) => ({
              series: id,
              time: round * 60 + index * 8 + by,
              value: round * 100 + index * 10 + by
            })),
            ...(round < 2 ? [] : [{ series: id, time: (round - 2) * 60 + 57 + by / 10, value: -round - by }])
          ])
        const append = (to: typeof one, given: ReadonlyArray<Given>, epoch: number) =>
          to.append(batch(given, new BatchBuilder(4, epoch)))
        const [ab, cd] = [ids.slice(0, 2), ids.slice(2)]

        for (let round = 0; round < rounds; round++) {
          if (round === takeover) {
            yield* fleet.ended(at(1).cluster)
            first = yield* claim(r2, ["a", "b"])
          }
          const isOver = round >= takeover
          // the tasks of both overlap: the former holder has not seen yet that it was replaced
          const sums = (round + 1) * 60 + 11
          const both = round >= takeover - 2 && round < takeover + 4
          yield* Effect.all(
            [
              append(isOver ? other : one, readings(ab, round, 1), first),
              // what the former holder of a and b still has is refused
              isOver && round < takeover + 4 ? append(one, readings(ab, round, 3), former) : Effect.void,
              append(other, readings(cd, round, 2), second),
              !isOver || both ? one.tend((start + sums) * 1e6) : Effect.void,
              isOver || both ? other.tend((start + sums + (round % 3) * 60) * 1e6) : Effect.void
            ],
            { concurrency: "unbounded" }
          )
        }
        yield* other.tend((start + rounds * 60 + 600) * 1e6)
        assert.deepStrictEqual(yield* statement(wrongMinutes, url), [])
        const [counts] = yield* statement(
          `select (select count(*)::int4 from katcp.reading) as readings, (select count(*)::int4 from katcp.minute) as minutes,
             (select count(*)::int4 from katcp.reading where epoch = ${former} and time >= ${(start + takeover * 60) * 1e6}) as stale`,
          url
        )
        assert.deepStrictEqual(counts, {
          readings: names.length * (rounds * inMinute + rounds - 2),
          minutes: names.length * rounds,
          stale: 0
        })
      }).pipe(Effect.scoped),
    60_000
  )
})
