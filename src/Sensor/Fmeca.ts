/**
 * Failure detections as named in MeerKAT's FMECA process (Rev 5.1 appendix B.1). They are boolean sensors whose status
 * shows the severity of the worst failure they may indicate. Their changes are logged.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import type { LiveSensor } from "./LiveSensor.ts"
import { make, type Sensor } from "./Sensor.ts"
import { isValid, type Status } from "./Status.ts"

/**
 * The severities of failures, from the mildest to the worst (Rev 5.1 appendix B.1).
 *
 * @category constants
 * @since 0.1.0
 */
export const severities = ["minor", "marginal", "critical", "catastrophic"] as const

/**
 * The severity of a failure for the system (Rev 5.1 appendix B.1): unscheduled maintenance, the mission degraded, the
 * mission lost, death or loss of the system.
 *
 * @category models
 * @since 0.1.0
 */
export type Severity = (typeof severities)[number]

/** The status of each severity (Table 11). */
const statusOf: { readonly [S in Severity]: Status } = {
  minor: "warn",
  marginal: "warn",
  critical: "error",
  catastrophic: "error"
}

/** The log level of each severity (appendix B.1.1). */
const levelOf: { readonly [S in Severity]: LogLevel.Severity } = {
  minor: "Warn",
  marginal: "Warn",
  critical: "Error",
  catastrophic: "Fatal"
}

/**
 * A failure detection: its sensor, and the worst severity of the failures it may indicate.
 *
 * @category models
 * @since 0.1.0
 */
export interface Detection<out Code extends string> {
  /** The code, `FD0001`. */
  readonly code: Code
  /** A description of the failure. */
  readonly doc: string
  /** The severity of the worst failure it may indicate. */
  readonly severity: Severity
  /** The sensor `fmeca.FD0001`: false and `nominal`, or true and `warn` or `error`. For contracts and sensor sets. */
  readonly sensor: Sensor<`fmeca.${Code}`, boolean>
}

const code = /^FD\d{4}$/

/**
 * Defines a failure detection (Rev 5.1 appendix B.1) from its code, which is unique in the class of devices, a
 * description, and the severities of all failures it may indicate. The worst severity counts. The sensor is `unknown`
 * until it is set for the first time. Throws a `TypeError` if the code is not `FD` and four digits, or if there is no
 * severity.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Interface, Sensor } from "katcp"
 *
 * const full = Sensor.Fmeca.detection("FD0003", { doc: "Archive storage full", severities: ["critical"] })
 *
 * class Archive extends Interface.make("archive").add(full.sensor) {}
 *
 * export const ArchiveLive = Archive.toLayer(
 *   Effect.gen(function* () {
 *     const sensors = yield* Archive.sensors
 *     yield* Sensor.Fmeca.logged(full, sensors["fmeca.FD0003"])
 *     yield* sensors["fmeca.FD0003"].set(false)
 *     return {}
 *   })
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const detection = <const Code extends `FD${number}`>(
  name: Code,
  options: { readonly doc: string; readonly severities: ReadonlyArray<Severity> }
): Detection<Code> => {
  const severity = severities.findLast((severity) => options.severities.includes(severity))
  if (!code.test(name))
    throw new TypeError(`failure detection ${JSON.stringify(name)}: expected a code of FD and four digits`)
  if (severity === undefined) throw new TypeError(`failure detection ${name}: expected at least one severity`)
  const sensor = make(`fmeca.${name}` as const, {
    type: Arg.Boolean,
    doc: options.doc,
    statusFrom: (failed) => (failed ? statusOf[severity] : "nominal")
  })
  return { code: name, doc: options.doc, severity, sensor }
}

/**
 * Logs every change of a failure detection until the Scope ends, however the sensor is set (Rev 5.1 appendix B.1.1). A
 * failure is logged at `warn` (minor, marginal), `error` (critical) or `fatal` (catastrophic) as `fmeca.FD0003 critical
 * <doc>`. Its end is logged at `info` as `fmeca.FD0003 cleared <doc>`. The logger is `fmeca`. Readings without a valid
 * value change nothing.
 *
 * @category combinators
 * @since 0.1.0
 */
export const logged = (
  { doc, sensor: { name }, severity }: Detection<string>,
  sensor: LiveSensor<boolean>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const log = (level: LogLevel.Severity, what: string) =>
      run(Effect.annotateLogs(Effect.logWithLevel(level)(`${name} ${what} ${doc}`), "logger", "fmeca"))
    let failed = false
    const look = (status: Status, value: boolean) => {
      if (!isValid(status) || value === failed) return
      failed = value
      if (failed) log(levelOf[severity], severity)
      else log("Info", "cleared")
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        look(sensor.status, sensor.value)
        return sensor.observe(({ status, value }) => look(status, value))
      }),
      (off) => Effect.sync(off)
    )
  })
