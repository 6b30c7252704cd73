import type { ClientTrial } from "../harness/Trial.ts"
import * as death from "./death.ts"
import * as floods from "./floods.ts"

/** The trials of clients, in the order of the table. */
export const clientTrials: ReadonlyArray<ClientTrial> = [
  death.cutCable,
  death.stopped,
  death.forwarderStops,
  death.deafClient,
  death.evictions,
  floods.anomalies,
  floods.fuzzed,
  floods.hangingNames,
  floods.informs
]
