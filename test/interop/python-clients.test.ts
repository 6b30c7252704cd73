/** The clients of both Python libraries against our example device. The programs are under `python/`. */
import { beforeAll, expect, it } from "vitest"
import { type ClientRun, describePeer, runPythonClient } from "./peers.ts"

/** Requests that fail, and after which the connection goes on (P-007, P-103, P-191, Q-01). */
const failures = [
  "add-too-few",
  "add-too-many",
  "add-not-a-number",
  "eval-malformed",
  "eval-by-zero",
  "raise",
  "set-sensor-unknown",
  "set-sensor-bad-value",
  "set-sensor-bad-status",
  "remove-sensor-unknown",
  "add-sensor-bad-name",
  "write-log-unknown-level",
  "write-log-at-off",
  "write-log-at-all",
  "log-level-unknown",
  "help-unknown",
  "sensor-list-unknown",
  "sensor-value-unknown",
  "sensor-list-bad-pattern",
  "watchdog-surplus"
]

const aio = [
  "connect",
  "watchdog",
  "add",
  "time",
  "eval",
  "pick-fruit",
  "raw-reverse",
  "echo-every-byte",
  "echo-unicode",
  "echo-long",
  "echo-many-arguments",
  "concurrent-requests",
  "pipelined-requests",
  "unknown-request",
  ...failures.map((name) => `fails:${name}`),
  "help",
  "version-list",
  "client-list",
  "client-connected",
  "request-timeout-hint",
  "sensor-list",
  "sensor-value",
  "set-sensor-every-type",
  "set-sensor-every-status",
  "sensor-types-from-the-list",
  "log",
  "interface-changed",
  "sampling",
  "sensor-watcher",
  "many-clients",
  "restart",
  "halt"
]

const kp = [
  ...[
    "protocol",
    "watchdog",
    "ids",
    "add",
    "time",
    "eval",
    "pick-fruit",
    "raw-reverse",
    "echo",
    "echo-long",
    "echo-many-arguments",
    "unknown-request",
    "timeout",
    "help",
    "version-list",
    "client-list",
    "client-connected",
    "request-timeout-hint",
    "sensor-list",
    "sensor-value",
    "set-sensor-every-type",
    "set-sensor-every-status",
    "log",
    "interface-changed",
    ...failures.map((name) => `fails:${name}`),
    "echo-every-byte"
  ].map((name) => `blocking:${name}`),
  "callback:two-requests",
  "async:pipelined-requests",
  "inspecting:synchronises",
  "inspecting:sensors",
  "inspecting:requests",
  "inspecting:missing-sensor",
  "inspecting:missing-request",
  "inspecting:simple-request",
  "inspecting:interface-changed",
  "resource:synced",
  "resource:requests",
  "resource:readings",
  "resource:sampling-event",
  "resource:sampling-period",
  "resource:sampling-differential",
  "resource:sampling-rates",
  "resource:sampling-dropped",
  "blocking:restart",
  "blocking:halt"
]

const row = (check: string, rows: string) => [check, rows] as const

/** The rows of the requirements that checks are for. */
const rows = new Map([
  row("connect", "P-122"),
  row("protocol", "P-122, P-131, P-132"),
  row("watchdog", "P-106"),
  row("ids", "P-051"),
  row("echo-every-byte", "P-025, P-081"),
  row("echo-long", "P-017"),
  row("concurrent-requests", "P-054"),
  row("unknown-request", "P-003, P-006"),
  row("help", "P-101, P-110"),
  row("fails:help-unknown", "P-103"),
  row("version-list", "P-107"),
  row("client-list", "P-274"),
  row("client-connected", "P-275, P-276"),
  row("request-timeout-hint", "P-141, P-142"),
  row("fails:watchdog-surplus", "P-109"),
  row("sensor-list", "P-190, P-192…P-196"),
  row("fails:sensor-list-unknown", "P-191"),
  row("fails:sensor-list-bad-pattern", "P-192"),
  row("sensor-value", "P-250, P-251"),
  row("fails:sensor-value-unknown", "P-251"),
  row("set-sensor-every-type", "P-076, P-084, P-252"),
  row("set-sensor-every-status", "P-172, P-255"),
  row("log", "P-154"),
  row("fails:log-level-unknown", "P-152"),
  row("interface-changed", "P-129, P-130"),
  row("sampling", "P-213, P-214, P-230"),
  row("restart", "P-105"),
  row("halt", "P-100, P-120"),
  row("inspecting:missing-sensor", "P-191"),
  row("inspecting:missing-request", "P-103"),
  row("inspecting:interface-changed", "P-129, P-130"),
  row("resource:sampling-event", "P-221"),
  row("resource:sampling-period", "P-220"),
  row("resource:sampling-differential", "P-223"),
  row("resource:sampling-rates", "P-224, P-227")
])

for (const [kind, library, name, checks] of [
  ["aio", "aiokatcp", "aiokatcp 2.3.0 against our device", aio],
  ["kp", "katcp", "katcp-python 0.9.3 against our device", kp],
  ["kp4", "katcp", "katcp-python 0.9.3 against our version 4 device", kp]
] as const) {
  describePeer(library, name, () => {
    let run: ClientRun

    beforeAll(async () => {
      run = await runPythonClient(kind)
    })

    for (const check of checks) {
      const ids = rows.get(check.replace(/^blocking:/, ""))
      it(ids === undefined ? check : `${check} (${ids})`, () => {
        const found = run.checks.find((one) => one.check === check)
        if (found === undefined) throw new Error(`was not checked; the program ended with ${run.code}: ${run.errors}`)
        if (!found.ok) throw new Error(found.detail)
      })
    }

    it("checks nothing else, ends, and halts the device", () => {
      expect(run.checks.map((one) => one.check)).toEqual(checks)
      expect(run.errors).toBe("")
      expect(run.code).toBe(0)
      expect(run.device).toBe(0)
    })
  })
}
