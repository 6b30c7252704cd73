import { type RequestRole, roleInHelp } from "../Interface/index.ts"
import type { SiteDevice } from "./Device.ts"

/**
 * Returns the role that a request of a device needs, if that is not the usual one for the request's name. It is the
 * role in the site's contract of the device, else that in the device's help text (`Needs the role admin.`, which
 * servers of this library write for the role in their contract). A help text can only raise the role.
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
