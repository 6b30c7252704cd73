import type { KatcpError, RequestFailed, RequestInvalid } from "../../Message/index.ts"

/** The errors of a request: the device refuses it, or there is no valid answer. */
export type Failure = RequestFailed | RequestInvalid | KatcpError
