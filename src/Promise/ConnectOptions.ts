import type { NodeClient } from "../Node/index.ts"
import type { CommonOptions } from "./options.ts"

/**
 * The device, and the options of the client. Durations are in milliseconds; the rest is as in `Client.Options`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectOptions extends CommonOptions {
  /** TLS: `true`, or the trusted authorities and the client's certificate. None by default. */
  readonly tls?: boolean | Omit<NodeClient.TlsOptions, "host" | "port" | "openTimeout"> | undefined
}
