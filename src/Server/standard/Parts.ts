import type { ClientLogLevels } from "../clients/ClientLogLevels.ts"
import type { Order } from "../lifetime/Ending.ts"
import type { RequestTable } from "../requests/Entry.ts"
import type { Caller } from "../requests/RequestInFlight.ts"

/** The parts of a server that standard requests need besides the client's `Runtime`. */
export interface StandardParts {
  readonly requests: RequestTable
  /** The connected clients. */
  readonly clients: ReadonlySet<Caller>
  /** The log levels of single clients; `undefined` if the device does not offer them. */
  readonly logLevels: ClientLogLevels | undefined
  readonly stop: { readonly begin: (order: Order) => void }
}
