import type { Resolved } from "../Options.ts"
import type { Entry } from "../RequestTable.ts"
import { clientList, logLevel } from "./clients.ts"
import { halt, help, restart, timeoutHint, versionList, watchdog } from "./core.ts"
import { clientLogLevels } from "./logLevels.ts"
import { sensorSampling, sensorSamplingClear } from "./sampling.ts"
import { sensorList, sensorValue } from "./sensors.ts"

/** The requests that a server answers by itself: a request comes with its version and flag, or with its option. */
export const standards = ({ clientLogLevels: levels, protocol }: Resolved): ReadonlyArray<Entry> => [
  halt,
  help,
  logLevel,
  restart,
  watchdog,
  sensorList,
  sensorValue,
  sensorSampling,
  sensorSamplingClear,
  ...(protocol.major >= 5 ? [versionList] : []),
  ...(protocol.multiClient ? [clientList] : []),
  ...(protocol.timeoutHints ? [timeoutHint] : []),
  ...(levels ? clientLogLevels : [])
]
