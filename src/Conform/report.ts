import type { Facts } from "./Device.ts"
import type { Outcome, Report, Result } from "./Result.ts"

const words: Readonly<Record<Outcome["_tag"], string>> = {
  Passed: "passed",
  Failed: "FAILED",
  NotApplicable: "not applicable",
  CouldNotRun: "could not be run"
}

/** Lines shown of one check's transcript. Not measured: a screen. */
const shown = 20

const indent = "    "

const details = ({ outcome, transcript }: Result): ReadonlyArray<string> => {
  switch (outcome._tag) {
    case "Passed":
      return []
    case "NotApplicable":
      return [outcome.reason]
    case "CouldNotRun":
      return [outcome.reason, ...transcript.slice(-shown)]
    case "Failed":
      return [`expected  ${outcome.expected}`, `came      ${outcome.came}`, ...transcript.slice(-shown)]
  }
}

/**
 * Returns a result as lines for people: the outcome, the check and its clause. For checks that have not passed, adds
 * the expected and actual lines, and the end of the transcript.
 *
 * @category reporting
 * @since 0.1.0
 */
export const resultText = (result: Result): string => {
  const { check, clause, outcome } = result
  const head = `${words[outcome._tag]}  ${check.id}  ${check.title} (${clause}; ${check.rows})`
  const note = outcome._tag === "Failed" && check.note !== undefined ? [`note      ${check.note}`] : []
  return [head, ...[...details(result), ...note].map((line) => `${indent}${line}`)].join("\n")
}

/** Returns the number of results of each kind. */
const counts = (results: ReadonlyArray<Result>): Readonly<Record<Outcome["_tag"], number>> => {
  const all = { Passed: 0, Failed: 0, NotApplicable: 0, CouldNotRun: 0 }
  for (const { outcome } of results) all[outcome._tag]++
  return all
}

/**
 * Returns one line with the number of passed checks.
 *
 * @category reporting
 * @since 0.1.0
 */
export const summaryText = (results: ReadonlyArray<Result>): string => {
  const { CouldNotRun, Failed, NotApplicable, Passed } = counts(results)
  const checks = `${results.length} check${results.length === 1 ? "" : "s"}`
  return `${checks}: ${Passed} passed, ${Failed} failed, ${NotApplicable} not applicable, ${CouldNotRun} could not be run`
}

/**
 * Returns one line about the checked device.
 *
 * @category reporting
 * @since 0.1.0
 */
export const factsText = ({ protocol, requests, sensors, several }: Facts): string =>
  `KATCP ${protocol}, ${several ? "several clients" : "one client"} at a time, ${requests.length} requests, ${sensors.length} sensors`

/**
 * Returns the whole report for people.
 *
 * @category reporting
 * @since 0.1.0
 */
export const reportText = ({ facts, results }: Report): string =>
  [factsText(facts), "", ...results.map(resultText), "", summaryText(results), ""].join("\n")

/**
 * Returns the whole report as JSON text: one object with `device`, `summary` and `results`. An outcome is `passed`,
 * `failed`, `not-applicable` or `could-not-run`.
 *
 * @category reporting
 * @since 0.1.0
 */
export const reportJson = ({ facts, results }: Report): string => {
  const { CouldNotRun, Failed, NotApplicable, Passed } = counts(results)
  const whole = {
    device: { ...facts, protocol: `${facts.protocol}` },
    summary: {
      total: results.length,
      passed: Passed,
      failed: Failed,
      notApplicable: NotApplicable,
      couldNotRun: CouldNotRun
    },
    results: results.map(({ check, clause, outcome: { _tag, ...details }, seconds, transcript }) => ({
      ...check,
      clause,
      outcome: outcomeTags[_tag],
      ...details,
      seconds,
      transcript
    }))
  }
  return `${JSON.stringify(whole, undefined, 2)}\n`
}

/**
 * The outcomes in JSON reports.
 *
 * @category reporting
 * @since 0.1.0
 */
export const outcomeTags: Readonly<Record<Outcome["_tag"], string>> = {
  Passed: "passed",
  Failed: "failed",
  NotApplicable: "not-applicable",
  CouldNotRun: "could-not-run"
}
