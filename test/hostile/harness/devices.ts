/** How the devices under trial are started: the example device with our library, and an equal one with aiokatcp. */
import * as path from "node:path"
import { install } from "../../../scripts/python-peers.ts"
import { certificate } from "./certificate.ts"
import { Process } from "./Process.ts"
import type { DeviceOptions } from "./Trial.ts"

export const contenders = ["katcp", "aiokatcp"] as const
export type Contender = (typeof contenders)[number]

const here = path.join(import.meta.dirname, "..")
const peers = await install()

/** Why aiokatcp cannot be tried, if so. */
export const missing: string | undefined = "missing" in peers.aiokatcp ? peers.aiokatcp.missing : undefined

/** The command of a Python program of this folder. */
export const python = (program: string, ...args: ReadonlyArray<string>): ReadonlyArray<string> => {
  if ("missing" in peers.aiokatcp) throw new Error(peers.aiokatcp.missing)
  return [peers.aiokatcp.python, "-B", "-W", "ignore", path.join(here, "devices", program), ...args]
}

const clock = path.join(here, "devices", "clock.ts")

/**
 * The flag that docs/security.md advises for a server of strangers: V8 else lets its young generation grow by some 40 MB with
 * each burst of connections, and keeps it.
 */
const youngGeneration = "--max-semi-space-size=8"

const ours = ({
  heap,
  host = "127.0.0.1",
  listener = "tcp",
  sensors = 0,
  single = false,
  steps = false
}: DeviceOptions) => [
  process.execPath,
  youngGeneration,
  ...(heap === undefined ? [] : [`--max-old-space-size=${heap}`]),
  ...(steps ? ["--import", clock] : []),
  ...(listener === "tcp"
    ? ["examples/device.ts", "--no-dashboard", "--host", host, "--port", "0", "--sensors", String(sensors)]
    : [path.join(here, "devices", "listeners.ts")]),
  ...(single ? ["--single-client"] : []),
  ...(listener === "tls" ? ["--tls-cert", certificate().cert, "--tls-key", certificate().key] : [])
]

const words = (contender: Contender, options: DeviceOptions): ReadonlyArray<string> => {
  const command =
    contender === "katcp"
      ? ours(options)
      : python(
          "aio.py",
          ...["--host", options.host ?? "127.0.0.1", "--port", "0", "--sensors", String(options.sensors ?? 0)],
          ...(options.steps === true ? ["--steps"] : [])
        )
  return [
    ...(options.within ?? []),
    ...(options.descriptors === undefined
      ? command
      : ["sh", "-c", `ulimit -n ${options.descriptors} && exec "$@"`, "sh", ...command])
  ]
}

/** A device that listens. */
export interface Device {
  readonly process: Process
  readonly host: string
  readonly port: number
  /** The port of the listener that is attacked; mostly the same. */
  readonly attacked: number
}

/** Starts a device, and waits until it listens. */
export const start = async (contender: Contender, options: DeviceOptions): Promise<Device> => {
  const process = new Process(words(contender, options))
  const [, port = ""] = await process.says(/listening on .*:(\d+)/)
  const attacked = /attacked at .*:(\d+)/.exec(process.said)?.[1] ?? port
  return { process, attacked: Number(attacked), host: options.host ?? "127.0.0.1", port: Number(port) }
}
