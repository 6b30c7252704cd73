/** Faults in the standard requests, in serving several clients or one, in the log, and at the end. */
import {
  adds,
  all,
  answers,
  cutsOthers,
  dies,
  diesAfter,
  type Fault,
  from,
  hears,
  hides,
  leaks,
  precedes,
  says
} from "../Fault.ts"

const unknownToHelp = (name: string): Fault => answers(new RegExp(`^\\?help ${name}\n`), "!help fail unknown")

const help: Record<string, Fault> = {
  "help-001": says(/^!help ok \d+$/, "!help ok 3"),
  "help-002": says(/^(#help \S+) .*/, "$1"),
  "help-003": adds(/^#help add-sensor .*/, "#help add-sensor again"),
  "help-004": says(/^#help add-sensor/, "#help Add-Sensor"),
  "help-005": says(/^(#help echo) .*/, "$1 \xe9cho"),
  "help-006": adds(/^#help sensor-list .*/, "#help halt Halt."),
  "help-007": unknownToHelp("pick-fruit"),
  "help-008": answers(/^\?help no-such-request\n/, "!help ok 0"),
  "help-009": unknownToHelp("halt"),
  "help-010": unknownToHelp("help"),
  "help-011": unknownToHelp("restart"),
  "help-012": unknownToHelp("watchdog"),
  "help-013": unknownToHelp("version-list"),
  "help-014": unknownToHelp("log-level"),
  "help-015": unknownToHelp("sensor-list"),
  "help-016": unknownToHelp("sensor-sampling"),
  "help-017": unknownToHelp("sensor-value"),
  "help-018": unknownToHelp("client-list"),
  "help-019": unknownToHelp("request-timeout-hint")
}

const core: Record<string, Fault> = {
  "core-001": says(/^!watchdog ok/, "!watchdog ok fine"),
  "core-002": says(/^!version-list ok 3/, "!version-list ok 4"),
  "core-003": says(/^(#version-list katcp-library) .*/, "$1"),
  "core-004": hides(/^#version-list katcp-device/),
  "hint-001": says(/^!request-timeout-hint ok 2/, "!request-timeout-hint ok 1"),
  "hint-002": says(/^(#request-timeout-hint) sleep/, "$1 slumber"),
  "hint-003": adds(/^#request-timeout-hint pick-fruit .*/, "#request-timeout-hint watchdog 0.0"),
  "hint-004": answers(/^\?request-timeout-hint watchdog\n/, "!request-timeout-hint ok 0"),
  "hint-005": answers(
    /^\?request-timeout-hint no-such-request\n/,
    "#request-timeout-hint no-such-request 0",
    "!request-timeout-hint ok 1"
  ),
  "hint-006": answers(
    /^\?request-timeout-hint sleep\n/,
    "#request-timeout-hint sleep 1.0",
    "!request-timeout-hint ok 1"
  ),
  "hint-007": answers(/^\?request-timeout-hint\n/, "!request-timeout-hint ok 0")
}

/** Clients that have gone stay in the list. */
const neverForgets = (): Fault => {
  const seen = new Set<string>()
  let told = new Set<string>()
  return {
    came: (line) => {
      if (line.startsWith("#client-list")) {
        seen.add(line)
        told.add(line)
        return [line]
      }
      if (!line.startsWith("!client-list")) return [line]
      const missing = [...seen].filter((one) => !told.has(one))
      told = new Set()
      return [...missing, line]
    }
  }
}

const client: Record<string, Fault> = {
  "client-001": from(3, hides(/^!watchdog/)),
  "client-002": says(/^!client-list ok \d+/, "!client-list ok 99"),
  "client-003": answers(/^\?client-list\n/, "#client-list 127.0.0.1:50001", "!client-list ok 1"),
  "client-004": says(/^#client-list (\S+):\d+/, "#client-list $1"),
  "client-005": adds(/^#client-list (\S+)$/, "#client-list $1"),
  "client-006": neverForgets(),
  "client-007": hides(/^#client-connected/),
  "client-008": says(/^#client-connected .*/, "#client-connected somebody"),
  "client-009": precedes(/^#version-connect katcp-protocol.*/, "#client-connected 127.0.0.1:50001"),
  "client-010": leaks(/^#help/),
  "client-011": leaks(/^#help\[1\]/),
  "client-012": cutsOthers(/\xff/),
  "client-013": from(3, hides(/^!watchdog/)),
  "client-014": from(15, hides(/^!watchdog/)),
  "client-015": { keepsOpen: true },
  "client-016": dies(/(\?help\n){100}/)
}

const single: Record<string, Fault> = {
  "single-001": hides(/^#disconnect/),
  "single-002": says(/^#disconnect .*/, "#disconnect bye"),
  "single-003": { lingers: true },
  "single-004": hides(/^!watchdog/),
  "single-005": answers(/^\?client-list\n/, "#client-list 127.0.0.1:50001", "!client-list ok 1"),
  "single-006": precedes(/^#disconnect.*/, "#client-connected 127.0.0.1:50001"),
  "single-007": says(/^(!sensor-sampling ok \S+) none/, "$1 auto")
}

const misset = (level: string): Fault => says(new RegExp(`^!log-level ok ${level}$`), "!log-level ok quiet")

const log: Record<string, Fault> = {
  "log-001": says(/^!log-level ok \w+/, "!log-level ok loud"),
  "log-002": misset("off"),
  "log-003": misset("fatal"),
  "log-004": misset("error"),
  "log-005": misset("warn"),
  "log-006": misset("info"),
  "log-007": misset("debug"),
  "log-008": misset("trace"),
  "log-009": misset("all"),
  "log-010": answers(/^\?log-level no-such-level\n/, "!log-level ok warn"),
  "log-011": all(hears(/no-such-level/, "trace"), says(/^!log-level ok trace/, "!log-level fail unknown")),
  "log-012": all(hears(/INFO/, "info"), says(/^!log-level ok info/, "!log-level ok INFO")),
  "log-013": from(3, says(/^!log-level ok \w+/, "!log-level ok warn")),
  "log-014": from(4, says(/^!log-level ok \w+/, "!log-level ok warn")),
  "log-015": precedes(/^!write-log.*/, "#log fatal 1800000000.0 example log-015-fatal"),
  "log-016": hides(/^#log fatal/),
  "log-017": hides(/^#log error/),
  "log-018": hides(/^#log warn/),
  "log-019": hides(/^#log info/),
  "log-020": hides(/^#log debug/),
  "log-021": hides(/^#log trace/),
  "log-022": hides(/^#log trace/),
  "log-023": says(/^(#log warn) \S+ /, "$1 1e9 "),
  "log-024": from(3, hides(/^#log/))
}

const ending = (what: "halt" | "restart"): Record<string, Fault> => ({
  [`${what}-001`]: says(/^!(halt|restart) ok/, `!${what} ok soon`),
  [`${what}-002`]: hides(/^#disconnect/),
  [`${what}-003`]: precedes(/^!(halt|restart) ok.*/, "#disconnect bye"),
  [`${what}-004`]: { lingers: true },
  // the probe, a first connection, the other client, the one that asks
  [`${what}-005`]: { came: (line, { number }) => (number === 3 && line.startsWith("#disconnect") ? [] : [line]) },
  [`${what}-006`]: hides(/^!sleep/)
})

export const requests: Record<string, Fault> = {
  ...help,
  ...core,
  ...client,
  ...single,
  ...log,
  ...ending("restart"),
  "restart-007": diesAfter(/^#disconnect/),
  ...ending("halt")
}
