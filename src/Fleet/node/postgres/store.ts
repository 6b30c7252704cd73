import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { FleetFailed } from "../../errors.ts"
import { type Answer, FleetStore } from "../../FleetStore.ts"
import { otherShards } from "../../memory.ts"
import { noFigures, type Placement, type RunnerEntry } from "../../model.ts"
import { type NameHolder, replacedText, takenText } from "../../names.ts"
import { codeOf, failureOf } from "./failure.ts"
import {
  beatOfRunner,
  claimDevices,
  enlistRunner,
  handOverDevices,
  holderOfName,
  migrations,
  putDevices,
  readChanges,
  releaseDevices,
  removeDevices,
  reportStates,
  takeTask,
  version
} from "./schema.ts"
import { isMarkOf, markOf } from "./tokenMark.ts"

/**
 * The longest time of a statement. Not measured: each takes milliseconds, and statements to a lost database are
 * repeated.
 */
const statementTimeout = "5 seconds"
/** A code: PostgreSQL's for a database that is read only. */
const readOnly = "25006"
/** A code: the advisory lock for creating tables. */
const migrating = 20_261_129

/** A row of {@link readChanges}. */
interface DeviceRow extends Omit<Placement, "prefers" | "runner" | "since" | "error"> {
  readonly wished: boolean
  readonly prefers: string | null
  readonly runner: string | null
  readonly since: number | null
  readonly error: string | null
}

interface RunnerRow extends Omit<RunnerEntry, "http"> {
  readonly http: string | null
}

interface NameRow extends Omit<NameHolder, "started"> {
  readonly started: number | null
}

interface ClaimRow {
  readonly epoch: number | null
  readonly section: unknown
  readonly runner: string | null
  readonly wanted: boolean
}

/**
 * Keeps a fleet in the PostgreSQL database of the provided `SqlClient`, in the schema `katcp_fleet`, which is created
 * if necessary. Version 13 and later. `expiration` is the age of a heartbeat, in milliseconds, after which a runner
 * counts as gone.
 */
export const layerStore = (options: {
  readonly address: string
  readonly expiration: number
  /** `false`: missing tables are not created. */
  readonly makes: boolean
}): Layer.Layer<FleetStore, FleetFailed, SqlClient.SqlClient> =>
  Layer.effect(
    FleetStore,
    Effect.gen(function* () {
      const sql = (yield* SqlClient.SqlClient).withoutTransforms()
      // a session that was opened while the database was read only stays so
      const endSession = Effect.ignore(sql.unsafe("select pg_terminate_backend(pg_backend_pid())"))
      const timed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, FleetFailed> =>
        effect.pipe(
          Effect.timeoutOrElse({
            duration: statementTimeout,
            orElse: () => Effect.fail(new FleetFailed({ why: "away", detail: "the database does not answer" }))
          }),
          Effect.tapError((error) => (codeOf(error) === readOnly ? endSession : Effect.void)),
          Effect.mapError(failureOf)
        )
      const run = <Row extends object>(
        text: string,
        parameters: ReadonlyArray<unknown> = []
      ): Effect.Effect<ReadonlyArray<Row>, FleetFailed> => timed(sql.unsafe<Row>(text, parameters))
      const holderOf = (name: string): Effect.Effect<NameHolder | undefined, FleetFailed> =>
        Effect.map(run<NameRow>(holderOfName, [name]), ([row]) =>
          row === undefined ? undefined : { ...row, started: row.started ?? undefined }
        )
      if (options.makes) yield* timed(sql.withTransaction(migrate(sql)))

      return {
        address: options.address,
        open: (shards, token) =>
          Effect.gen(function* () {
            yield* run("insert into katcp_fleet.fleet(shards) values($1) on conflict do nothing", [shards])
            const [row] = yield* run<{ shards: number; token: string | null }>(
              "select shards, token from katcp_fleet.fleet"
            )
            if (row!.shards !== shards)
              return yield* new FleetFailed({
                why: "refused",
                detail: otherShards(options.address, row!.shards, shards)
              })
            if (token === undefined || (row!.token !== null && isMarkOf(row!.token, token))) return
            const alive = yield* run<{ name: string }>(
              `select name from katcp_fleet.runner where state <> 'gone'
                 and seen >= now() - $1::float8 * interval '1 millisecond' order by name`,
              [options.expiration]
            )
            if (row!.token !== null && alive.length > 0)
              return yield* new FleetFailed({
                why: "refused",
                detail: otherToken(
                  options.address,
                  alive.map(({ name }) => name)
                )
              })
            yield* run("update katcp_fleet.fleet set token = $1", [markOf(token)])
          }),
        seed: (wishes) =>
          timed(
            sql.withTransaction(
              Effect.gen(function* () {
                const mine = yield* sql.unsafe(
                  "update katcp_fleet.fleet set seeded = true where not seeded returning shards"
                )
                if (mine.length === 0) return false
                yield* sql.unsafe(putDevices, [JSON.stringify(wishes)])
                return true
              })
            )
          ),
        read: (mark) =>
          Effect.map(
            run<{ mark: string; devices: ReadonlyArray<DeviceRow>; runners: ReadonlyArray<RunnerRow> }>(readChanges, [
              mark ?? "0"
            ]),
            ([row]) => ({
              mark: row!.mark,
              changed: row!.devices.filter(({ wished }) => wished).map(placementOf),
              removed: row!.devices.filter(({ wished }) => !wished).map(({ device }) => device),
              runners: row!.runners.map((runner): RunnerEntry => {
                const gone = runner.state === "gone" || runner.age > options.expiration
                return {
                  ...runner,
                  http: runner.http ?? undefined,
                  figures: { ...noFigures, ...runner.figures },
                  state: gone ? "gone" : runner.state
                }
              })
            })
          ),
        put: (wishes) =>
          Effect.andThen(
            run("update katcp_fleet.fleet set seeded = true where not seeded"),
            run(putDevices, [JSON.stringify(wishes)])
          ),
        remove: (devices) =>
          Effect.map(run<{ name: string }>(removeDevices, [JSON.stringify(devices)]), (rows) =>
            rows.map(({ name }) => name)
          ),
        prefer: (device, runner) =>
          Effect.map(
            run(
              "update katcp_fleet.device set prefers = $2, salt = case when $2::text is null then 0 else salt end where name = $1 and wished returning name",
              [device, runner ?? null]
            ),
            (rows) => rows.length > 0
          ),
        want: (runner, wanted) =>
          Effect.map(
            run("update katcp_fleet.runner set wanted = $2 where name = $1 returning name", [runner, wanted]),
            (rows) => rows.length > 0
          ),
        enlist: (runner, { cluster, http, link }) =>
          Effect.gen(function* () {
            const [row] = yield* run<{ epoch: number }>(enlistRunner, [
              runner,
              cluster,
              link,
              http ?? null,
              options.expiration
            ])
            if (row !== undefined) return { runner, epoch: row.epoch }
            const holder = yield* holderOf(runner)
            return yield* new FleetFailed({
              why: "taken",
              detail: takenText(holder ?? { name: runner, cluster: "an unknown address", started: undefined })
            })
          }),
        beat: ({ epoch, runner }, state, figures, { cluster, http, link }) =>
          Effect.flatMap(
            run<{ wanted: RunnerEntry["wanted"] }>(beatOfRunner, [
              runner,
              epoch,
              state,
              JSON.stringify(figures),
              cluster,
              link,
              http ?? null
            ]),
            ([row]) =>
              row === undefined
                ? Effect.flatMap(holderOf(runner), (holder) =>
                    Effect.fail(new FleetFailed({ why: "replaced", detail: replacedText(runner, holder) }))
                  )
                : Effect.succeed(row.wanted)
          ),
        claim: ({ epoch, runner }, claims) =>
          Effect.map(run<ClaimRow>(claimDevices, [JSON.stringify(claims), runner, epoch, options.expiration]), (rows) =>
            rows.map(answerOf)
          ),
        handOver: ({ epoch, runner }, holds) =>
          Effect.map(run<{ name: string }>(handOverDevices, [runner, epoch, JSON.stringify(holds)]), (rows) =>
            rows.map(({ name }) => name)
          ),
        release: ({ runner }, releases) => Effect.asVoid(run(releaseDevices, [runner, JSON.stringify(releases)])),
        ended: (cluster) =>
          Effect.asVoid(run("update katcp_fleet.runner set state = 'gone' where cluster = $1", [cluster])),
        move: (device, from, to) =>
          Effect.map(
            run("update katcp_fleet.device set salt = $3 where name = $1 and salt = $2 and wished returning name", [
              device,
              from,
              to
            ]),
            (rows) => rows.length > 0
          ),
        report: (reports) => Effect.asVoid(run(reportStates, [JSON.stringify(reports)])),
        takeTask: ({ runner }, task) =>
          Effect.map(run<{ epoch: number }>(takeTask, [task, runner]), ([row]) => row!.epoch),
        holdsTask: (task, epoch) =>
          Effect.map(
            run("select 1 from katcp_fleet.task where name = $1 and epoch = $2::int8", [task, epoch]),
            (rows) => rows.length > 0
          )
      }
    })
  )

/** A fleet whose runners have another token. */
const otherToken = (address: string, runners: ReadonlyArray<string>): string =>
  `the runners of the fleet in ${address} (${runners.join(", ")}) have another token than this one: compare fleet.token. To change the token, stop all runners, then start them with the new one`

const placementOf = ({ error, prefers, runner, since, wished: _, ...row }: DeviceRow): Placement => ({
  ...row,
  prefers: prefers ?? undefined,
  runner: runner ?? undefined,
  since: since ?? undefined,
  error: error ?? undefined
})

const answerOf = ({ epoch, runner, section, wanted }: ClaimRow): Answer => {
  if (epoch !== null) return { _tag: "Held", epoch, section }
  return wanted ? { _tag: "Busy", runner: runner ?? "" } : { _tag: "Unwanted" }
}

/** Creates the tables, or migrates them to this version. Only one program at a time. */
const migrate = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    yield* sql.unsafe(`select pg_advisory_xact_lock(${migrating})`)
    yield* sql.unsafe("create schema if not exists katcp_fleet")
    yield* sql.unsafe("create table if not exists katcp_fleet.version(version int4 not null)")
    const [row] = yield* sql.unsafe<{ version: number }>("select version from katcp_fleet.version")
    const stored = row?.version ?? 0
    if (stored > version)
      return yield* new FleetFailed({
        why: "broken",
        detail: `the fleet's tables have version ${stored}, and this program knows ${version}: it is too old. Install a later one`
      })
    for (const statements of migrations.slice(stored)) for (const statement of statements) yield* sql.unsafe(statement)
    if (stored < version) {
      yield* sql.unsafe("delete from katcp_fleet.version")
      yield* sql.unsafe("insert into katcp_fleet.version values($1)", [version])
    }
  })
