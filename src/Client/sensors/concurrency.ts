import type { Connection } from "../connection/Connection.ts"

/**
 * Requests that are in flight at once if the device has ids. Not measured: enough to hide the round trips, and a
 * quarter of what a server of this library takes.
 */
const pipelined = 64

/** How many requests of one name are under way at once: one where there are no ids, since answers may come in any order. */
export const concurrencyOf = ({ protocol }: Connection): number => (protocol.messageIds ? pipelined : 1)
