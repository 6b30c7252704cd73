import type { Resolved, Versions } from "./Options.ts"
import { library } from "./version.ts"

/**
 * Returns the components that a server announces, as lines for `#version-connect`. Throws a `TypeError` if the options
 * replace `katcp-protocol`.
 */
export const versionsOf = (
  { build, version }: { readonly build: string; readonly version: string },
  { protocol, versions = {} }: Resolved
): (() => ReadonlyArray<ReadonlyArray<string>>) => {
  const own = {
    "katcp-protocol": [protocol.toString()],
    "katcp-library": [library.version, library.build],
    "katcp-device": [version, build]
  } as const
  if (typeof versions === "function") return () => listed(own, versions())
  if (Object.hasOwn(versions, "katcp-protocol"))
    throw new TypeError('versions: "katcp-protocol" is set by the option "protocol" of the server, not by "versions"')
  const fixed = listed(own, versions)
  return () => fixed
}

/** Returns one line for each component: the three of every server, then the others by name. */
const listed = (own: Versions, versions: Versions): ReadonlyArray<ReadonlyArray<string>> => {
  const others = Object.keys(versions).filter((name) => !Object.hasOwn(own, name))
  const line = (name: string, [version, build]: Versions[string]) =>
    build === undefined ? [name, version] : [name, version, build]
  return [
    ...Object.entries(own).map(([name, values]) =>
      line(name, name === "katcp-protocol" || !Object.hasOwn(versions, name) ? values : versions[name]!)
    ),
    ...others.sort().map((name) => line(name, versions[name]!))
  ]
}
