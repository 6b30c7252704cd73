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

const ours = ({ heap, listener = "tcp", sensors = 0, steps = false }: DeviceOptions): ReadonlyArray<string> => [
  process.execPath,
  ...(heap === undefined ? [] : [`--max-old-space-size=${heap}`]),
  ...(steps ? ["--import", clock] : []),
  listener === "webSocket" ? path.join(here, "devices", "webSocket.ts") : "examples/device.ts",
  ...["--port", "0", "--sensors", String(sensors)],
  ...(listener === "tls" ? ["--tls-cert", certificate().cert, "--tls-key", certificate().key] : [])
]

const words = (contender: Contender, options: DeviceOptions): ReadonlyArray<string> => {
  const command =
    contender === "katcp"
      ? ours(options)
      : python(
          "aio.py",
          ...["--port", "0", "--sensors", String(options.sensors ?? 0)],
          ...(options.steps === true ? ["--steps"] : [])
        )
  return options.descriptors === undefined
    ? command
    : ["sh", "-c", `ulimit -n ${options.descriptors} && exec "$@"`, "sh", ...command]
}

/** A device that listens. */
export interface Device {
  readonly process: Process
  readonly host: string
  readonly port: number
}

/** Starts a device, and waits until it listens. */
export const start = async (contender: Contender, options: DeviceOptions): Promise<Device> => {
  const process = new Process(words(contender, options))
  const [, port = ""] = await process.says(/listening on .*:(\d+)/)
  return { process, host: "127.0.0.1", port: Number(port) }
}
