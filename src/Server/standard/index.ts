import type { Resolved } from "../Options.ts"
import type { Entry } from "../requests/Entry.ts"
import { clientList, logLevel } from "./clients.ts"
import { halt, help, restart, timeoutHint, versionList, watchdog } from "./core.ts"
import { clientLogLevels } from "./logLevels.ts"
import type { StandardParts } from "./Parts.ts"
import { sensorSampling, sensorSamplingClear } from "./sampling.ts"
import { sensorList, sensorValue } from "./sensors.ts"

/** Returns the requests that every server answers. Each depends on its version and flag, or on its option. */
export const standards = ({ protocol }: Resolved, parts: StandardParts): ReadonlyArray<Entry> => [
  halt(parts),
  help(parts),
  logLevel,
  restart(parts),
  watchdog,
  sensorList,
  sensorValue,
  sensorSampling,
  sensorSamplingClear,
  ...(protocol.major >= 5 ? [versionList] : []),
  ...(protocol.multiClient ? [clientList(parts)] : []),
  ...(protocol.timeoutHints ? [timeoutHint(parts)] : []),
  ...clientLogLevels(parts)
]
