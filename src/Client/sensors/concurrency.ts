import type { Connection } from "../connection/Connection.ts"

const pipelined = 64

/** How many requests of one name are under way at once: one where there are no ids, since answers may come in any order. */
export const concurrencyOf = ({ protocol }: Connection): number => (protocol.messageIds ? pipelined : 1)
