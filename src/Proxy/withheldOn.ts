import { withheldBy } from "../Server/index.ts"
import { Allow } from "../Site/index.ts"
import type { ProxyOptions } from "./options.ts"

/**
 * Returns a function for names on a proxy: `true` if records must not show the arguments of the request, because the
 * options of the server's audit name it, or the allow list does. Names of devices may contain `-`, so `m0-1-login` is
 * withheld if that is right for any place where the name of the device can end: also while the device is away.
 */
export const withheldOn = ({ requests, server, transparent }: ProxyOptions): ((name: string) => boolean) => {
  const byName = withheldBy(server?.audit || {})
  const { withholds } = requests ?? Allow.none
  if (withholds === undefined) return byName
  return (name) => {
    if (byName(name) || (transparent !== undefined && withholds(transparent, name))) return true
    for (let end = name.indexOf("-"); end !== -1; end = name.indexOf("-", end + 1))
      if (withholds(name.slice(0, end), name.slice(end + 1))) return true
    return false
  }
}
