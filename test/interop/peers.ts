/** Starts the processes of the interop tests: the example device on our library and on the Python ones, and clients. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { describe, it, onTestFinished } from "vitest"
import { freePort } from "../../scripts/freePort.ts"
import { install } from "../../scripts/python-peers.ts"

const root = path.join(import.meta.dirname, "..", "..")
const peers = await install()

/** A started device. */
export interface Device {
  readonly host: string
  readonly port: number
  /** Sends SIGTERM and gives the exit code. */
  readonly stop: () => Promise<number | null>
  /** Ends it without notice (SIGKILL). */
  readonly kill: () => Promise<number | null>
  /** The exit code, once the device has ended by itself. */
  readonly ended: Promise<number | null>
  /** Its output so far. */
  readonly output: { readonly out: string; readonly err: string }
}

/**
 * A block of tests that need a Python library. Without it they are reported as skipped, with the reason in the name; with
 * `CI=true` a test fails with the reason instead.
 */
export const describePeer = (library: "aiokatcp" | "katcp", name: string, body: () => void): void => {
  const peer = peers[library]
  const missing = "missing" in peer ? peer.missing : undefined
  if (missing === undefined) describe(name, body)
  else if (process.env.CI === "true") {
    describe(name, () => {
      it(`needs ${library}`, () => {
        throw new Error(missing)
      })
    })
  } else {
    // the reporter hides the names of what is skipped as a whole
    process.stderr.write(`skipped: ${name}: ${missing}\n`)
    describe.skipIf(missing)(`${name} (skipped: ${missing})`, body)
  }
}

const python = (kind: "aio" | "kp" | "kp4"): string => {
  const peer = peers[kind === "aio" ? "aiokatcp" : "katcp"]
  if ("missing" in peer) throw new Error(peer.missing)
  return peer.python
}

const program = (kind: "aio" | "kp" | "kp4", what: "client" | "device"): ReadonlyArray<string> => [
  // no compiled files beside the sources; the libraries are older than some complaints of the interpreters
  ...["-B", "-W", "ignore"],
  `test/interop/python/${kind === "aio" ? "aio" : "kp"}_${what}.py`,
  ...(kind === "kp4" ? ["--protocol", "4"] : [])
]

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  readonly output: { out: string; err: string }
}

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

const start = (command: string, args: ReadonlyArray<string>): Running => {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    // they end with their test, or with this process; this is for one that was killed
    timeout: 900_000,
    killSignal: "SIGKILL"
  })
  const output = { out: "", err: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.out += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.err += text
  })
  running.add(child)
  const ended = once(child, "close").then(([code]: ReadonlyArray<number | null>) => {
    running.delete(child)
    return code ?? null
  })
  return { child, ended, output }
}

const launch = async (command: string, args: ReadonlyArray<string>, release: (stop: Device["stop"]) => void) => {
  const { child, ended, output } = start(command, args)
  const said = () => /^listening on (.*):(\d+)$/m.exec(output.out)
  const end = (signal: "SIGTERM" | "SIGKILL") => () => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return ended
  }
  const stop = end("SIGTERM")
  release(stop)
  const over = ended.then(() => true)
  while (said() === null) {
    if (await Promise.race([once(child.stdout!, "data").then(() => false), over]))
      throw new Error(`${command} ${args.join(" ")} ended before it served:\n${output.out}${output.err}`)
  }
  const [, host = "", port = ""] = said()!
  return {
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port),
    stop,
    kill: end("SIGKILL"),
    ended,
    output
  } satisfies Device
}

const withTheTest = (stop: Device["stop"]): void => {
  onTestFinished(async () => {
    await stop()
  })
}

const ours = (protocol: 4 | 5, port = 0) => [
  "examples/device.ts",
  "--no-dashboard",
  "--port",
  `${port}`,
  "--protocol",
  String(protocol)
]

/** Our example device, on a port, by default a free one; ends with the test that started it. */
export const startOurDevice = (protocol: 4 | 5 = 5, port?: number): Promise<Device> =>
  launch(process.execPath, ours(protocol, port), withTheTest)

/**
 * The example device on aiokatcp (`aio`), or on katcp-python as a version 5.1 (`kp`) or version 4 device (`kp4`). It listens
 * on a port, by default a free one, which is available again afterwards. It ends with the test that started it.
 */
export const startPythonDevice = async (kind: "aio" | "kp" | "kp4", port?: number): Promise<Device> =>
  launch(python(kind), [...program(kind, "device"), "--port", String(port ?? (await freePort()))], withTheTest)

/** A client that follows all sensors of what is served somewhere: the last reading of each, on the wire of its version. */
export interface Watcher {
  /** By name of the sensor: its status and value, and the number of reports to the client. */
  readonly readings: ReadonlyMap<string, readonly [status: string, value: string, times: number]>
  /** Waits until something holds of the readings. */
  readonly until: (holds: () => boolean) => Promise<void>
}

/**
 * Starts a client that follows all sensors of what is served at a port: on aiokatcp its `SensorWatcher`; on katcp-python
 * `async`, an `AsyncClient` that subscribes, or `resource`, a `KATCPClientResource`. It ends with the test.
 */
export const startPythonWatcher = (
  kind: "aio" | "kp" | "kp4",
  what: "async" | "resource" | "watcher",
  port: number
): Watcher => {
  const file = `test/interop/python/${kind === "aio" ? "aio" : "kp"}_watch.py`
  const words = [...(kind === "aio" ? [] : [what]), ...(kind === "kp4" ? ["--protocol", "4"] : [])]
  const { child, ended, output } = start(python(kind), ["-B", "-W", "ignore", file, "127.0.0.1", `${port}`, ...words])
  withTheTest(() => {
    child.kill("SIGKILL")
    return ended
  })
  const readings = new Map<string, readonly [string, string, number]>()
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const [name, ...reading]: ReadonlyArray<string> = JSON.parse(line)
    if (reading.length === 0) readings.delete(name!)
    else readings.set(name!, [reading[0]!, reading[1]!, (readings.get(name!)?.[2] ?? 0) + 1])
    for (const wake of waiting) wake()
  })
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      const over = ended.then((code) => {
        throw new Error(`${kind} ${what} ended with ${code}: ${output.err}`)
      })
      await Promise.race([over, new Promise<void>((resolve) => waiting.add(resolve))])
      waiting.clear()
    }
  }
  return { readings, until }
}

/** A device on aiokatcp that sends its clients whatever Python logs. */
export const startLoggingDevice = async (): Promise<Device> =>
  launch(
    python("aio"),
    ["-B", "-W", "ignore", "test/interop/python/aio_logging.py", "--port", String(await freePort())],
    withTheTest
  )

/** A finding of a client program. */
interface Check {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
}

/** A run of a client program: its checks, its exit code and what it complained of, and the exit code of the device. */
export interface ClientRun {
  readonly checks: ReadonlyArray<Check>
  readonly code: number | null
  readonly errors: string
  readonly device: number | null
}

/** Runs a Python client program against our example device. Its last act is to halt the device. */
export const runPythonClient = async (kind: "aio" | "kp" | "kp4"): Promise<ClientRun> => {
  const stops: Array<Device["stop"]> = []
  const device = await launch(process.execPath, ours(kind === "kp4" ? 4 : 5), (stop) => stops.push(stop))
  try {
    const { ended, output } = start(python(kind), [...program(kind, "client"), device.host, String(device.port)])
    const code = await ended
    const lines = output.out.split("\n").filter((line) => line !== "")
    return {
      checks: lines.map((line): Check => JSON.parse(line)),
      code,
      errors: output.err,
      // a signal could catch it on its way out
      device: await (code === 0 ? device.ended : device.stop())
    }
  } finally {
    for (const stop of stops) await stop()
  }
}

/** Runs a program of `python/` on katcp-python until it ends: what it printed, a JSON object a line, and its exit code. */
export const runPythonProgram = async (
  file: string,
  ...args: ReadonlyArray<string>
): Promise<{ readonly lines: ReadonlyArray<unknown>; readonly code: number | null; readonly errors: string }> => {
  const { ended, output } = start(python("kp"), ["-B", "-W", "ignore", `test/interop/python/${file}`, ...args])
  const code = await ended
  const lines = output.out.split("\n").filter((line) => line !== "")
  return { lines: lines.map((line): unknown => JSON.parse(line)), code, errors: output.err }
}
