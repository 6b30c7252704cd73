import type { ClientTrial } from "../harness/Trial.ts"

/** The trials of clients, in the order of the table. */
export const clientTrials: ReadonlyArray<ClientTrial> = []
