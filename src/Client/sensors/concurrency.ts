import type { Connection } from "../connection/Connection.ts"

/**
 * Requests in flight at once if the device has ids. Not measured: enough to hide the round trips, and a quarter of what
 * a server of this library accepts.
 */
const pipelined = 64

/**
 * Returns the number of requests of one name in flight at once: one without ids, because answers may arrive in any
 * order.
 */
export const concurrencyOf = ({ protocol }: Connection): number => (protocol.messageIds ? pipelined : 1)
