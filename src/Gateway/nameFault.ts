import { isName } from "../Message/index.ts"
import { Target } from "../Site/index.ts"

/**
 * The longest name, in characters: audit records and errors repeat it. Not measured: names of devices have some ten.
 */
const longestName = 256

/**
 * Returns the fault of the names in a request of a client, for people, or `undefined`. Other text would get into audit
 * records, and be no name that `withhold` can list.
 */
export const nameFault = (device: string, request: string): string | undefined => {
  if (!Target.isDeviceName(device) || device.length > longestName)
    return "device: expected the name of a device: a letter, then letters, digits and -"
  return isName(request) && request.length <= longestName
    ? undefined
    : "request: expected the name of a request: a letter, then letters, digits and -"
}
