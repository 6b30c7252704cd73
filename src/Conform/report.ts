import type { Facts } from "./Device.ts"
import type { Outcome, Report, Result } from "./Result.ts"

const words: Readonly<Record<Outcome["_tag"], string>> = {
  Passed: "passed",
  Failed: "FAILED",
  NotApplicable: "not applicable",
  CouldNotRun: "could not be run"
}

/** Lines of one check that are shown of what was sent and received. Not measured: a screen. */
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
 * A result as lines for people: the outcome, the check and its clause; of what has not passed, what was expected and what
 * came, and the last of what was sent and received.
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

/** How many results there are of each kind. */
const counts = (results: ReadonlyArray<Result>): Readonly<Record<Outcome["_tag"], number>> => {
  const all = { Passed: 0, Failed: 0, NotApplicable: 0, CouldNotRun: 0 }
  for (const { outcome } of results) all[outcome._tag]++
  return all
}

/**
 * One line that says how many checks have passed.
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
 * One line that says what was checked.
 *
 * @category reporting
 * @since 0.1.0
 */
export const factsText = ({ protocol, requests, sensors, several }: Facts): string =>
  `KATCP ${protocol}, ${several ? "several clients" : "one client"} at a time, ${requests.length} requests, ${sensors.length} sensors`

/**
 * The whole report for people.
 *
 * @category reporting
 * @since 0.1.0
 */
export const reportText = ({ facts, results }: Report): string =>
  [factsText(facts), "", ...results.map(resultText), "", summaryText(results), ""].join("\n")

/**
 * The whole report as data: a text of JSON, of one object with `device`, `summary` and `results`. An outcome is `passed`,
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
 * The outcomes as reports give them as data.
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
