import { describe, type RequestDescription } from "../Interface/index.ts"
import type { DeviceContract } from "./options.ts"

/** Returns the requests of a contract by name. */
export const requestsIn = (contract: DeviceContract): ReadonlyMap<string, RequestDescription> => {
  const { requests } = "format" in contract ? contract : describe(contract)
  return new Map(requests.map((request) => [request.name, request]))
}
