/**
 * The counters and the current load of a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Stats {
  /** The number of connected clients. */
  readonly clients: number
  /** The number of sampling strategies: pairs of a client and a sensor that it samples. */
  readonly sampled: number
  /** The number of requests in flight: those that did not complete at once. */
  readonly inFlight: number
  /** Bytes that wait for clients, as far as is known: bytes that the kernel has taken do not count. */
  readonly queuedBytes: number
  /** The number of times each request was made, by name: standard requests and the contract's. */
  readonly requests: ReadonlyMap<string, number>
  /** The number of requests with an unknown name. */
  readonly unknownRequests: number
  /** The number of informs sent: asynchronous ones for each client, and those of requests. */
  readonly informs: number
  /** The number of lines received that are not messages. */
  readonly syntaxErrors: number
  /** The number of clients disconnected because they did not read. */
  readonly slowClients: number
  /** The number of requests refused by access rules, a guard, or the option `refuse`. */
  readonly refusedRequests: number
  /**
   * The number of clients refused or sent away: because of `maxClients` or `maxClientsPerAddress`, because their role
   * is `none`, or because they do not speak KATCP.
   */
  readonly refusedClients: number
  /** The number of clients disconnected because all together held more than `maxTotalBytes`, and they held most. */
  readonly largestClients: number
}

/** The counters that are updated by events; the rest of {@link Stats} is read on demand. */
export class Counts {
  unknownRequests = 0
  informs = 0
  syntaxErrors = 0
  slowClients = 0
  refusedRequests = 0
  refusedClients = 0
  largestClients = 0
}
