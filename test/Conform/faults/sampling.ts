/** Faults in sampling. */
import {
  adds,
  all,
  answers,
  type Fault,
  from,
  hears,
  hides,
  hidesAfter,
  hidesSince,
  leaks,
  precedes,
  says
} from "../Fault.ts"

const reported = (value: string, sensor = "test.float") => `#sensor-status 1.0 1 ${sensor} nominal ${value}`
const address = reported("127.0.0.1:5000", "test.address")

const sample: Record<string, Fault> = {
  "sample-001": adds(/^!sensor-value.*/, address),
  "sample-002": says(/^(!sensor-sampling ok test\.bool) none/, "$1 auto"),
  "sample-003": adds(/^!sensor-sampling ok.*/, address),
  "sample-004": answers(/^\?sensor-sampling test\.bool auto\n/, "!sensor-sampling fail no"),
  "sample-005": answers(/^\?sensor-sampling test\.bool none\n/, "!sensor-sampling fail no"),
  "sample-006": says(/^(!sensor-sampling ok \S+) event$/, "$1 auto"),
  "sample-007": says(/^(!.* period) \S+$/, "$1 1.0"),
  "sample-008": says(/^(!.* differential) \S+$/, "$1 6.0"),
  "sample-009": says(/^(!.* event-rate) \S+ /, "$1 1.0 "),
  "sample-010": says(/^(!.* differential-rate) \S+ /, "$1 6.0 "),
  "sample-011": hides(/^#sensor-status/),
  "sample-012": hides(/^#sensor-status/),
  "sample-013": hides(/^#sensor-status/),
  "sample-014": hides(/^#sensor-status/),
  "sample-015": hides(/^#sensor-status/),
  "sample-016": hides(/^#sensor-status/),
  "sample-017": adds(/^!sensor-sampling ok \S+ none/, address),
  "sample-018": hidesAfter(1, /^#sensor-status/),
  "sample-019": says(/^(#sensor-status \S+) 1 /, "$1 2 "),
  "sample-020": says(/^#sensor-status \S+/, "#sensor-status 1.0"),
  // it says none, and goes on
  "sample-021": all(
    hears(/^\?sensor-sampling (\S+) none/, "?sensor-sampling $1"),
    says(/^(!sensor-sampling ok \S+) period \S+/, "$1 none")
  ),
  "sample-022": from(3, says(/^(!sensor-sampling ok \S+) none/, "$1 auto")),
  "sample-023": from(3, says(/^(!sensor-sampling ok \S+) none/, "$1 auto")),
  "sample-024": adds(/^#sensor-status.*/, reported("0.0")),
  "sample-025": hears(/no-such-strategy/, "none"),
  "sample-026": answers(/^\?sensor-sampling no-such-sensor auto\n/, "!sensor-sampling ok no-such-sensor auto"),
  "sample-027": answers(/^\?sensor-sampling no-such-sensor\n/, "!sensor-sampling ok no-such-sensor none"),
  "sample-028": answers(/^\?sensor-sampling-clear\n/, "!sensor-sampling-clear ok"),
  "sample-029": adds(/^!sensor-sampling.* (5|5\.0) (1|1\.0)$|^!sensor-sampling fail.*/, "!sensor-sampling fail"),
  // it says auto, and the period goes on
  "sample-030": all(
    hears(/^\?sensor-sampling (\S+) auto/, "?sensor-sampling $1"),
    says(/^(!sensor-sampling ok \S+) period \S+/, "$1 auto")
  )
}

/** Devices that accept malformed parameters. */
const refuse: Record<string, Fault> = {
  "refuse-001": all(hears(/ auto 1\n/, " auto\n"), says(/^(!sensor-sampling ok \S+ auto)$/, "$1 1")),
  "refuse-002": all(hears(/ event 1\n/, " event\n"), says(/^(!sensor-sampling ok \S+ event)$/, "$1 1")),
  "refuse-003": hears(/ period\n/, " period 1\n"),
  "refuse-004": answers(/^\?sensor-sampling (\S+) period (\S+) 1\n/, "!sensor-sampling ok $1 period $2"),
  "refuse-005": hears(/ often\n/, " 1\n"),
  "refuse-006": hears(/ -1\n/, " 1\n"),
  "refuse-007": hears(/ \\@\n/, " 1\n"),
  "refuse-008": hears(/ differential\n/, " differential 5\n"),
  "refuse-009": hears(/ 5 5\n/, " 6\n"),
  "refuse-010": hears(/ much\n/, " 5\n"),
  "refuse-011": hears(/ 2\.5\n/, " 2\n"),
  "refuse-012": answers(/^\?sensor-sampling (test\.address) differential 5\n/, "!sensor-sampling ok $1 differential 5"),
  "refuse-013": answers(
    /^\?sensor-sampling (test\.timestamp) differential 5\n/,
    "!sensor-sampling ok $1 differential 5"
  ),
  "refuse-014": hears(/ event-rate\n/, " event-rate 1 2\n"),
  "refuse-015": hears(/ event-rate 1\n/, " event-rate 1 2\n"),
  "refuse-016": hears(/ (event-rate \S+) \S+ 3\n/, " $1 3\n"),
  "refuse-017": hears(/ soon later\n/, " 1 2\n"),
  "refuse-018": hears(/ differential-rate\n/, " differential-rate 5 1 2\n"),
  "refuse-019": hears(/ differential-rate 5 1\n/, " differential-rate 5 1 2\n"),
  "refuse-020": hears(/ a b c\n/, " 5 1 2\n"),
  "refuse-021": answers(
    /^\?sensor-sampling (test\.address) differential-rate 5 1 2\n/,
    "!sensor-sampling ok $1 differential-rate 5 1 2"
  ),
  "refuse-022": hears(/ none 1\n/, " auto\n")
}

const report: Record<string, Fault> = {
  "report-001": hides(/^#sensor-status.* 20\.0$/),
  "report-002": hides(/^#sensor-status.* 13\.0$/),
  "report-003": hides(/^#sensor-status.* warn /),
  "report-004": precedes(/^!set-sensor.*/, reported("10.0")),
  "report-005": hides(/^#sensor-status.* three$/),
  "report-006": precedes(/^!set-sensor.*/, reported("20.0")),
  "report-007": hidesAfter(3, /^#sensor-status/),
  "report-008": says(/^(#sensor-status.*) 20\.0$/, "$1 10.0"),
  "report-009": precedes(/^!set-sensor.*/, reported("15.0")),
  "report-010": hides(/^#sensor-status.* 16\.0$/),
  "report-011": hides(/^#sensor-status.* 16\.0$/),
  "report-012": precedes(/^!set-sensor.*/, reported("20.0")),
  "report-013": hides(/^#sensor-status.* 20\.0$/),
  "report-014": hidesAfter(2, /^#sensor-status/),
  "report-015": precedes(/^!set-sensor.*/, reported("15.0")),
  "report-016": hides(/^#sensor-status.* 20\.0$/),
  "report-017": hidesAfter(2, /^#sensor-status/),
  "report-018": leaks(/^#sensor-status/),
  "report-019": hidesSince(/^!sensor-sampling fail/, /^#sensor-status/),
  "report-020": says(/^(#sensor-status.*) error /, "$1 nominal "),
  "report-021": leaks(/^#sensor-status/)
}

const one = "?sensor-sampling $1 auto"

const bulk: Record<string, Fault> = {
  "bulk-001": says(/^!sensor-sampling ok (\S+?),\S+ /, "!sensor-sampling ok $1 "),
  // the first of the list alone
  "bulk-002": all(
    hears(/^\?sensor-sampling (\S+),\S+ auto/, one),
    says(/^!sensor-sampling ok test\.address auto/, "!sensor-sampling ok test.address,test.bool auto")
  ),
  "bulk-003": hides(/^#sensor-status.* test\.bool/),
  "bulk-004": answers(/^\?sensor-sampling (\S+,\S+) none\n/, "!sensor-sampling ok $1 none"),
  // refused, and yet set
  "bulk-005": all(
    hears(/,no-such-sensor/, ""),
    says(/^!sensor-sampling ok \S+,\S+ auto/, "!sensor-sampling fail unknown")
  ),
  "bulk-006": all(
    hears(/no-such-sensor,/, ""),
    says(/^!sensor-sampling ok \S+,\S+ auto/, "!sensor-sampling fail unknown")
  ),
  "bulk-007": hears(/,,/, ","),
  "bulk-008": hears(/no-such-strategy/, "auto"),
  "bulk-009": hears(/period often/, "period 1"),
  "bulk-010": hears(/^\?sensor-sampling (test\.float),test\.address differential/, "?sensor-sampling $1 differential"),
  "bulk-011": answers(/^\?sensor-sampling (\S+,\S+)\n/, "!sensor-sampling ok $1 none"),
  "bulk-012": answers(/^\?sensor-sampling (\S+,\S+) auto\n/, "!sensor-sampling ok $1 auto"),
  "bulk-013": hides(/^#sensor-status.* time\.result/),
  "bulk-014": says(/^(!sensor-sampling ok test\.bool) period \S+/, "$1 period 3600.0"),
  "bulk-015": answers(/^\?sensor-sampling (\S+,\S+) auto\n/, "!sensor-sampling ok $1 auto")
}

export const sampling: Record<string, Fault> = { ...sample, ...refuse, ...report, ...bulk }
