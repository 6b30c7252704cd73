/**
 * What a server has done so far and has to do now.
 *
 * @category models
 * @since 0.1.0
 */
export interface Stats {
  /** How many clients are connected. */
  readonly clients: number
  /** How many pairs of a client and a sensor there are in which the one samples the other. */
  readonly sampled: number
  /** How many requests are being answered: those that did not end at once. */
  readonly inFlight: number
  /** How many bytes wait for clients, as far as is known here: what the kernel has taken is gone. */
  readonly queuedBytes: number
  /** How often each request was made, by name: all that the server has, standard and the contract's own. */
  readonly requests: ReadonlyMap<string, number>
  /** How many requests were made that the server does not have. */
  readonly unknownRequests: number
  /** How many informs were sent, asynchronous ones to each client and those of requests. */
  readonly informs: number
  /** How many lines came that are no messages. */
  readonly syntaxErrors: number
  /** How many clients were disconnected because they did not read. */
  readonly slowClients: number
  /** How many requests were refused: by the rules of access, by a guard, or by the option `refuse`. */
  readonly refusedRequests: number
  /**
   * How many clients were not let in or sent away: since there were `maxClients` or `maxClientsPerAddress`, since their role
   * is `none`, or since they do not speak KATCP.
   */
  readonly refusedClients: number
  /** How many clients were disconnected since all together held more than `maxTotalBytes`, and they most. */
  readonly largestClients: number
}

/** What is counted while it happens; the rest of {@link Stats} is looked up when somebody asks. */
export class Counts {
  unknownRequests = 0
  informs = 0
  syntaxErrors = 0
  slowClients = 0
  refusedRequests = 0
  refusedClients = 0
  largestClients = 0
}
