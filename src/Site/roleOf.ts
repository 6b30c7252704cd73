import { type RequestRole, roleInHelp } from "../Interface/index.ts"
import type { SiteDevice } from "./Device.ts"

/**
 * Returns the role that a request of a device needs, if that is not the usual one of the request's name: as the contract that the
 * site has of the device states, else as the device's help text says (`Needs the role admin.`, which servers of this library
 * write for what their contract states). A help text can only raise the role.
 *
 * @category roles
 * @since 0.1.0
 */
export const roleOf = (
  { described, requests }: Pick<SiteDevice, "described" | "requests">,
  request: string
): RequestRole | undefined => {
  const stated = described?.get(request)?.role
  if (stated !== undefined) return stated
  const help = requests.get(request)
  return help === undefined ? undefined : roleInHelp(request, help)
}
