/** `katcp serve --check`: shows the mistakes in a site file, and the matches of its rules and patterns. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { Strategy } from "../../../Sampling/index.ts"
import {
  checkParts,
  devicesOf,
  type FileRule,
  foreignIn,
  loadSite,
  rulesOf,
  SiteFileError,
  selectionOf,
  writtenDevices
} from "../../../Serve/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import { connect, type Reaching } from "../../reach/connect.ts"
import { answer, sensorsOf } from "../../reach/device.ts"
import { hostIn } from "../../reach/host.ts"
import { Output } from "../../show/Output.ts"
import { table } from "../../show/table.ts"
import { visible } from "../../show/visible.ts"
import { databaseOf, showArchive } from "./archive.ts"
import { showDifferences } from "./differences.ts"
import { matchedPatterns, type Names } from "./patterns.ts"

/** The number of devices that are checked at once. Not measured: that of `call --each`. */
const parallel = 16
/** The timeout of a device, in seconds. Not measured: a check should end soon. */
const defaultTimeout = 5

const explain = ({ lines: [first = "", ...more] }: SiteFileError): Failure => cannotRun(first, more)

const counted = (count: number, kind: keyof Names): string => `${count} ${count === 1 ? kind.replace(/s$/, "") : kind}`

/** The matches of a rule: a number of sensors, or `undefined` if the device does not answer. */
interface Matched extends FileRule {
  readonly sensors: number | undefined
}

/** Checks a file. Fails with all mistakes in it; a device that does not answer is reported, and is not a mistake. */
export const check = (
  file: string,
  input: { readonly json: boolean; readonly timeout: Option.Option<number> }
): Effect.Effect<void, Failure, Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    const foreign = yield* Effect.mapError(foreignIn(file), explain)
    const places = new Set(foreign.map(({ path }) => path))
    const site = yield* Effect.mapError(loadSite(file), ({ faults }) =>
      explain(new SiteFileError({ file, faults: [...foreign, ...faults.filter(({ path }) => !places.has(path))] }))
    )
    if (foreign.length > 0) return yield* explain(new SiteFileError({ file, faults: foreign }))
    yield* Effect.mapError(checkParts({ file, data: site }), explain)
    const written = yield* Effect.mapError(writtenDevices(file), explain)
    const devices = yield* Effect.mapError(devicesOf(file, site, written), explain)
    const selection = yield* Effect.mapError(selectionOf(file, site), explain)
    const rules = rulesOf(site)
    const none = Option.none<never>()
    const timeout = Option.getOrElse(input.timeout, () => defaultTimeout)
    const reaching: Reaching = {
      timeout: Option.some(timeout),
      protocol: none,
      site: none,
      ca: none,
      cert: none,
      key: none,
      serverName: none
    }
    const named = yield* Effect.forEach(
      devices.values(),
      (device) =>
        Effect.gen(function* () {
          const host = hostIn(device, {})
          const client = yield* connect(host, reaching)
          const all = [...(yield* sensorsOf(client, host)).keys()]
          const { informs } = yield* answer(client, host, "help")
          return { all, requests: informs.flatMap((inform) => inform.text(0) ?? []) }
        }).pipe(
          Effect.scoped,
          Effect.result,
          Effect.map((found) => [device.name, found] as const)
        ),
      { concurrency: parallel }
    )
    const sensors = new Map(named)
    const matched = rules.map((rule, index): Matched => {
      const found = sensors.get(rule.device)
      return {
        ...rule,
        sensors:
          found === undefined || Result.isFailure(found)
            ? undefined
            : found.success.all.filter((name) => selection.ruleOf(rule.device, name) === index).length
      }
    })
    const patterns = matchedPatterns(
      site,
      new Map(
        named.map(([device, found]): readonly [string, Names | undefined] => {
          if (Result.isFailure(found)) return [device, undefined]
          const { all, requests } = found.success
          return [
            device,
            { requests, sensors: all.filter((sensor) => selection.strategyOf(device, sensor) !== undefined) }
          ]
        })
      )
    )
    const database = databaseOf(site)
    const shownArchive = database === undefined ? Effect.void : showArchive(database, timeout, input.json)
    if (input.json) {
      for (const [name, found] of named) {
        const answers = Result.isSuccess(found)
        yield* output.json({
          event: "device",
          device: name,
          answers,
          ...(answers ? { sensors: found.success.all.length } : { error: found.failure.message })
        })
      }
      for (const { device, match, sensors, strategy } of matched)
        yield* output.json({
          event: "rule",
          device,
          match,
          strategy: Strategy.toText(strategy),
          ...(sensors === undefined ? {} : { sensors })
        })
      for (const { at, count, kind, match } of patterns)
        yield* output.json({ event: "pattern", at, match, ...(count === undefined ? {} : { [kind]: count }) })
      yield* shownArchive
      return yield* showDifferences(file, site, written, true)
    }
    yield* output.line(`${visible(file)} is valid: ${devices.size} ${devices.size === 1 ? "device" : "devices"}`)
    const rows = named.map(([name, found]) => {
      const text = Result.isSuccess(found)
        ? counted(found.success.all.length, "sensors")
        : output.paint("yellow", `not reached: ${visible(found.failure.message)}`)
      return [{ text: name }, { text: devices.get(name)!.options.address ?? "" }, { text }]
    })
    const taken = (count: number | undefined, kind: keyof Names) => ({
      text: count === undefined ? "unknown" : count === 0 ? "matches nothing" : counted(count, kind),
      show: (text: string) => (count === 0 ? output.paint("yellow", text) : text)
    })
    const ruled = matched.map(({ device, match, sensors, strategy }) => [
      { text: device },
      { text: match },
      { text: Strategy.toText(strategy) },
      taken(sensors, "sensors")
    ])
    const width = output.terminal()?.columns
    yield* Effect.forEach(
      table([{ title: "device" }, { title: "address" }, { title: "answers" }], rows, width),
      output.line,
      { discard: true }
    )
    if (ruled.length === 0) yield* output.line("no rules: all sensors are mirrored, by auto")
    else
      yield* Effect.forEach(
        table([{ title: "device" }, { title: "match" }, { title: "strategy" }, { title: "takes" }], ruled, width),
        output.line,
        { discard: true }
      )
    if (patterns.length > 0)
      yield* Effect.forEach(
        table(
          [{ title: "section" }, { title: "match" }, { title: "takes" }],
          patterns.map(({ at, count, kind, match }) => [{ text: at }, { text: match }, taken(count, kind)]),
          width
        ),
        output.line,
        { discard: true }
      )
    yield* shownArchive
    yield* showDifferences(file, site, written, false)
  })
