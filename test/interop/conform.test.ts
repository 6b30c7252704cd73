/**
 * The command `katcp conform`: it finds each departure of the Python libraries that is known, by the checks that
 * scripts/conformanceFindings.ts names for it, and none in our device. That it finds nothing else, conformance.test.ts
 * holds.
 */
import { assert, describe, it } from "vitest"
import { type DeviceId, devices } from "../../scripts/conformance.ts"
import { findings, unseen } from "../../scripts/conformanceFindings.ts"
import { checks } from "../../src/Conform/index.ts"
import { katcp, start } from "../Cli/katcp.ts"
import { describePeer, startLoggingDevice, startOurDevice, startPythonDevice } from "./peers.ts"

/** A result, as `--json` gives it. */
interface Line {
  readonly id: string
  readonly outcome: string
  readonly clause: string
  readonly expected?: string
  readonly came?: string
  readonly transcript?: ReadonlyArray<string>
}

const conform = async ({ host, port }: { readonly host: string; readonly port: number }, ...flags: Array<string>) => {
  const { code, err, out } = await katcp(["conform", `${host}:${port}`, "--json", "--test-requests", ...flags])
  const results = out.split("\n").flatMap((line): ReadonlyArray<Line> => (line === "" ? [] : [JSON.parse(line)]))
  const of = (wanted: string) => results.filter(({ outcome }) => outcome === wanted).map(({ id }) => id)
  return { code, err, results, of }
}

const long = 300_000
/** Much of a run is waiting: the first that needs one starts those of all devices. */
const kinds = ["aio", "kp", "kp4"] as const
type Kind = (typeof kinds)[number]
const knownOf = (kind: Kind) => findings.filter(({ devices }) => devices.includes(kind))
let begun: ReadonlyMap<Kind, ReturnType<typeof conform>> | undefined
const found = async (kind: Kind) => {
  if (begun === undefined) {
    begun = new Map(
      kinds.map((one) => [
        one,
        startPythonDevice(one).then((device) =>
          conform(
            device,
            "--destructive",
            "--only",
            knownOf(one)
              .flatMap(({ checks }) => checks)
              .join(",")
          )
        )
      ])
    )
    // their devices end with the test that has started them
    await Promise.allSettled(begun.values())
  }
  return begun.get(kind)!
}

for (const kind of kinds) {
  const { python, title } = devices[kind]
  const known = knownOf(kind)
  describePeer(python, `katcp conform of ${title}`, () => {
    for (const { checks: ids, what } of known)
      it(
        `finds: ${what} (${ids.join(", ")})`,
        async () => {
          const { results } = await found(kind)
          for (const id of ids) {
            const { came, clause, expected, outcome, transcript } = results.find((result) => result.id === id)!
            assert.strictEqual(outcome, "failed", id)
            assert.match(clause, kind === "kp4" ? /^Rev 4 §/ : /^Rev 5\.1 §/, id)
            // what was expected, what came instead, and how it came to that
            for (const text of [expected, came, transcript?.join("")]) assert.isNotEmpty(text, id)
          }
        },
        long
      )

    it(
      "exits with 1, without text on standard error",
      async () => {
        const { code, err, of, results } = await found(kind)
        assert.deepStrictEqual([code, err, of("could-not-run")], [1, "", []])
        assert.strictEqual(results.length, known.flatMap(({ checks }) => checks).length)
      },
      long
    )
  })
}

describe("katcp conform of our device", () => {
  it(
    "versions 5 and 4: with --destructive all applicable checks pass, and it was halted cleanly",
    async () => {
      const runs = ([5, 4] as const).map(async (protocol) => {
        const device = await startOurDevice(protocol)
        const { code, err, of, results } = await conform(device, "--destructive")
        assert.deepStrictEqual([of("failed"), of("could-not-run"), err, code], [[], [], "", 0], `version ${protocol}`)
        assert.strictEqual(results.length, checks.length)
        const passed = of("passed")
        for (const id of ["restart-001", "restart-007", "halt-001", "halt-006"]) assert.include(passed, id)
        assert.strictEqual(await device.ended, 0)
      })
      await Promise.all(runs)
    },
    long
  )

  it("without --destructive it is neither restarted nor halted", async () => {
    const device = await startOurDevice()
    const at = `${device.host}:${device.port}`
    const watched = start(["monitor", at, "test.int", "--json"])
    await watched.until(({ out }) => out.includes('"reading"'))
    const { code, of, results } = await conform(device, "--only", "halt,restart")
    assert.deepStrictEqual([code, of("not-applicable").length], [0, results.length])
    assert.isAbove(results.length, 10)
    assert.strictEqual((await katcp(["call", at, "watchdog"])).code, 0)
    watched.child.kill("SIGINT")
    assert.notInclude((await watched.ended).out, '"disconnected"')
  })

  it("without --test-requests only standard requests are sent", async () => {
    const { host, port } = await startOurDevice()
    const { out } = await katcp(["conform", `${host}:${port}`, "--only", "echo,value", "--all"])
    assert.match(out, /not applicable {2}echo-001/)
  })

  it("for people: the facts of the device, and with --all the passed checks, each with its clause", async () => {
    const { host, port } = await startOurDevice()
    const passed = await katcp(["conform", `${host}:${port}`, "--only", "wire-001", "--all"])
    assert.match(
      passed.out,
      /^KATCP 5\.1-BIMT, .*\npassed {2}wire-001 .* \(Rev 5\.1 §2\.1; P-022\)\n1 check: 1 passed, /
    )
  })
})

describePeer("aiokatcp", "katcp conform of aiokatcp 2.3.0, for people", () => {
  it("a deviation with its clause, the expected and received messages, and the transcript", async () => {
    const { host, port } = await startPythonDevice("aio")
    const { code, out } = await katcp(["conform", `${host}:${port}`, "--only", "log-008,log-001"])
    assert.strictEqual(code, 1)
    assert.match(
      out,
      /^KATCP 5\.1-BIM, .*\nFAILED {2}log-008 .*\(Rev 5\.1 §.*\)\n {4}expected {2}.*\n {4}came {6}.*fail.*\n[\s\S]*\n {4}1> \?log-level.* trace\n[\s\S]*2 checks: 1 passed, 1 failed, 0 not applicable, 0 could not be run\n$/
    )
  })
})

describePeer("aiokatcp", "katcp conform of a device that logs to its clients", () => {
  it(
    "without --destructive it is not harmed: its log has no failure to send",
    async () => {
      const device = await startLoggingDevice()
      const at = `${device.host}:${device.port}`
      const { code, out } = await katcp(["conform", at])
      assert.deepStrictEqual([code, /(\d+) could not be run/.exec(out)?.[1]], [1, "0"], out)
      assert.notInclude(device.output.err, "Logging error")
      assert.strictEqual((await katcp(["call", at, "watchdog"])).code, 0)
    },
    long
  )
})

describe("the known deviations of the Python libraries", () => {
  it("name existing checks, and each device of a check once", () => {
    const ids = new Set(checks.map(({ id }) => id))
    for (const { checks } of findings) for (const id of checks) assert.isTrue(ids.has(id), id)
    for (const kind of Object.keys(devices) as ReadonlyArray<DeviceId>) {
      const known = findings.filter(({ devices }) => devices.includes(kind)).flatMap(({ checks }) => checks)
      assert.strictEqual(new Set(known).size, known.length, kind)
    }
    for (const { why } of unseen) for (const [id] of why.matchAll(/[a-z]+-\d{3}/g)) assert.isTrue(ids.has(id), why)
  })
})
