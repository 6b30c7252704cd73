/** What may stand where the cursor is, in a shell. */
import type * as Client from "../../../Client/index.ts"
import { logLevels } from "../../../Interface/index.ts"
import type { Protocol } from "../../../Message/index.ts"
import { Strategy } from "../../../Sampling/index.ts"

/** The device as far as it is known. */
export interface Known extends Pick<Client.RemoteDevice, "requests" | "sensors"> {
  /** The version of the protocol that it speaks. */
  readonly protocol: Pick<Protocol, "major">
}

/** The candidates for the last word of a line, and that word; where there is one only, with the blank behind it. */
export const complete = ({ protocol, requests, sensors }: Known, line: string): [Array<string>, string] => {
  const words = line.trimStart().split(/\s+/)
  const last = words[words.length - 1] ?? ""
  const [first = "", second = ""] = words
  const request = first.replace(/^\?/, "")
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
  if (words.length === 2) return found(sensors.names)
  if (request === "sensor-sampling")
    return found(words.length === 3 ? Strategy.names.filter((name) => Strategy.isAllowed(name, protocol)) : [])
  // the values that a sensor which was named can have
  const options = sensors.get(second)?.definition
  if (options?.type.sensorType === "discrete") return found(options.parameters)
  return found(options?.type.sensorType === "boolean" ? ["0", "1"] : sensors.names)
}
