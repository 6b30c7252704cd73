/** Completions at the cursor, in a shell. */
import type * as Client from "../../../Client/index.ts"
import { logLevels } from "../../../Interface/index.ts"
import type { Protocol } from "../../../Message/index.ts"
import { Strategy } from "../../../Sampling/index.ts"

/** The known part of the device. */
export interface Known extends Pick<Client.RemoteDevice, "requests" | "sensors"> {
  /** The version of its protocol. */
  readonly protocol: Pick<Protocol, "major">
  /** The registers of an FPGA board, if the line needs them; see {@link needsRegisters}. */
  readonly registers?: ReadonlyArray<string> | undefined
}

/** Requests of boards whose first argument is a register. */
const ofRegisters = new Set(["read", "write", "wordread", "wordwrite", "bulkread", "tap-info", "tap-stop"])

/** Returns the request of a line: its first word, without its sigil. */
const requestOf = (line: string): string => /^\s*\??(\S*)/.exec(line)![1]!

/** Returns `true` if the last word of a line may be a register of an FPGA board, which `?listdev` lists. */
export const needsRegisters = ({ requests }: Pick<Known, "requests">, line: string): boolean =>
  requests.has("listdev") && ofRegisters.has(requestOf(line)) && line.trimStart().split(/\s+/).length === 2

/** Returns the candidates for the last word of a line, and that word. A single candidate is followed by a blank. */
export const complete = ({ protocol, registers, requests, sensors }: Known, line: string): [Array<string>, string] => {
  const words = line.trimStart().split(/\s+/)
  const last = words[words.length - 1] ?? ""
  const [first = "", second = ""] = words
  const request = requestOf(first)
  const found = (candidates: Iterable<string>): [Array<string>, string] => {
    const fitting = [...candidates].filter((candidate) => candidate.startsWith(last)).sort()
    return [fitting.length === 1 ? [`${fitting[0]} `] : fitting, last]
  }
  if (words.length === 1) {
    const mark = last.startsWith("?") ? "?" : ""
    return found([...requests.keys()].map((name) => mark + name))
  }
  if (request === "help" || request === "request-timeout-hint") return found(requests.keys())
  if (request === "log-level") return found(logLevels)
  // a blank in a name is written as its escape
  if (registers !== undefined) return found(registers.map((name) => name.replaceAll(" ", "\\_")))
  if (words.length === 2) return found(sensors.names)
  if (request === "sensor-sampling")
    return found(words.length === 3 ? Strategy.names.filter((name) => Strategy.isAllowed(name, protocol)) : [])
  // the possible values of the named sensor
  const options = sensors.get(second)?.definition
  if (options?.type.sensorType === "discrete") return found(options.parameters)
  return found(options?.type.sensorType === "boolean" ? ["0", "1"] : sensors.names)
}
