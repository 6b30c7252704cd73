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

for (const [kind, library, name, checks] of [
  ["aio", "aiokatcp", "aiokatcp 2.3.0 against our device", aio],
  ["kp", "katcp", "katcp-python 0.9.3 against our device", kp],
  ["kp4", "katcp", "katcp-python 0.9.3 against our version 4 device", kp]
] as const) {
  describePeer(library, name, () => {
    let run: ClientRun

    beforeAll(async () => {
      run = await runPythonClient(kind)
    }, 60_000)

    for (const check of checks) {
      it(check, () => {
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
