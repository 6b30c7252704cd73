import type { ServerTrial } from "../harness/Trial.ts"
import * as connections from "./connections.ts"
import * as fuzz from "./fuzz.ts"
import * as handlers from "./handlers.ts"
import * as lines from "./lines.ts"
import * as names from "./names.ts"
import * as web from "./web.ts"

/** The trials of servers, in the order of the table. Those whose memory is looked at late come first. */
export const serverTrials: ReadonlyArray<ServerTrial> = [
  lines.bursts,
  lines.unfinished,
  lines.frames,
  lines.manyArguments,
  lines.longLine,
  lines.helpFlood,
  web.httpBody,
  web.tlsHello,
  web.webPage,
  connections.outOfDescriptors,
  handlers.throwing,
  connections.deafRequests,
  connections.deafSubscribers,
  connections.slowLines,
  connections.slowHandshakes,
  connections.slowUpgrades,
  connections.connects,
  connections.resets,
  handlers.restarts,
  handlers.clockSteps,
  fuzz.grammarFixed,
  fuzz.grammarFresh,
  fuzz.bytesFixed,
  fuzz.bytesFresh,
  names.names,
  names.filters
]
